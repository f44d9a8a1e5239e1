// shadow: the model answers; the candidate gets a copy of the requests, and nobody sees its answers.
// Istio mirrors everything when the share is 0 or absent, so 0 cannot be asked for.
{
  about:: {
    description: 'The model answers every request; the candidate gets copies, and its answers are only logged.',
    fields: {
      candidate: { '$ref': '#/$defs/commit', description: 'The commit that is tried.' },
      mirror: {
        description: 'The share of requests that is copied, in per cent',
        type: 'integer',
        minimum: 1,
        maximum: 100,
        default: 100,
      },
    },
    required: ['candidate'],
  },
  predictors(release, predictor):: [
    predictor('default', release.model) { traffic: 100 },
    // No explainer: an explanation belongs to an answer that somebody got.
    predictor('shadow', release.strategy.candidate) { shadow: true, traffic: release.strategy.mirror, explainer:: null },
  ],
}
