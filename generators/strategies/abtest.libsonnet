// abtest: two models answer side by side for as long as the comparison takes.
// By default the ingress splits (two predictors); with `router` Seldon's RANDOM_ABTEST splits inside one predictor.
// RANDOM_ABTEST wants the first child's share, as text; two digits say every whole per cent exactly.
local ratio(release) = '%.2f' % ((100 - release.strategy.traffic) / 100);

local routed(release, predictor) =
  local stable = predictor('default', release.model);
  local other = predictor('default', release.strategy.candidate);
  local named(graph) = graph { name: 'candidate' };
  stable {
    traffic: 100,
    explainer:: null,  // it would explain now one model, now the other
    componentSpecs: stable.componentSpecs + [
      { spec: { containers: [container { name: 'candidate' } for container in spec.spec.containers] } }
      for spec in other.componentSpecs
    ],
    graph: {
      name: 'split',
      implementation: 'RANDOM_ABTEST',
      // Exactly one parameter, or Seldon splits evenly.
      parameters: [{ name: 'ratioA', type: 'FLOAT', value: ratio(release) }],
      children: [stable.graph, named(other.graph)],
    },
  };

{
  about:: {
    description: 'Two models answer side by side, each its share, until one is chosen.',
    fields: {
      candidate: { '$ref': '#/$defs/commit', description: 'The commit that is compared with the model.' },
      traffic: {
        description: "The candidate's share of the requests, in per cent",
        type: 'integer',
        minimum: 1,
        maximum: 99,
        default: 50,
      },
      router: {
        description: "Whether Seldon's RANDOM_ABTEST router splits, inside one predictor, and not the ingress",
        type: 'boolean',
        default: false,
      },
    },
    required: ['candidate'],
  },
  predictors(release, predictor)::
    if release.strategy.router then [routed(release, predictor)] else [
      predictor('default', release.model) { traffic: 100 - release.strategy.traffic },
      predictor('candidate', release.strategy.candidate) { traffic: release.strategy.traffic },
    ],
}
