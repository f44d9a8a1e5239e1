// The explainers that a release may name: their `type` in the SeldonDeployment, and the folder of their artefact.
// No initParameters: MLServer would build an untrained explainer from them and leave the saved one unread.
// A request may override alibi's threshold and beam in `explain_parameters`. The seed is the row that is explained:
// trainers/serving/explaining.py.
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
