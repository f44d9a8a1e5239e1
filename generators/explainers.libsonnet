// The explainers that a release may name: their `type` in the SeldonDeployment, and the folder of their artefact.
// No initParameters: MLServer would build an untrained explainer from them and leave the saved one unread.
// Threshold, beam and seed are in the saved explainer; a request may override them in `explain_parameters`.
{
  'anchor-tabular': {
    description: 'Rules that hold a prediction in place (alibi AnchorTabular)',
    type: 'AnchorTabular',
    folder: 'explainer',
  },
  none: {
    description: 'No explanations',
    type: null,
    folder: null,
  },
}
