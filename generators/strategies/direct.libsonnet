// direct: one model takes all traffic.
{
  about:: {
    description: 'The model takes all traffic.',
    fields: {},
    required: [],
  },
  predictors(release, predictor):: [
    predictor('default', release.model) { traffic: 100 },
  ],
}
