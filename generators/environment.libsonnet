// All releases of an environment: [{ deployment, detectors }].
local detectors = import 'detectors.libsonnet';
local deployment = import 'seldon_deployment.libsonnet';

function(args, strategies) [
  {
    deployment: deployment({
      release: release,
      namespace: args.environment.namespace,
      serving: args.environment.serving,
      models: release.models,
      strategy: strategies[release.strategy.type],
    }),
    detectors: detectors.configurations({
      release: release,
      bucket: release.models[release.model].bucket,
      serving: args.environment.serving,
    }),
  }
  for release in args.releases
]
