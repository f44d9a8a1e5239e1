// canary: the candidate answers a small share of the requests, and more in each step.
{
  about:: {
    description: 'The candidate answers a share of the requests, raised step by step until it is the model.',
    fields: {
      candidate: { '$ref': '#/$defs/commit', description: 'The commit that is tried.' },
      traffic: {
        description: "The candidate's share of the requests, in per cent",
        type: 'integer',
        minimum: 0,
        maximum: 100,
        default: 10,
      },
    },
    required: ['candidate'],
  },
  predictors(release, predictor):: [
    predictor('default', release.model) { traffic: 100 - release.strategy.traffic },
    predictor('candidate', release.strategy.candidate) { traffic: release.strategy.traffic },
  ],
}
