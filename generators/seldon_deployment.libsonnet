// One SeldonDeployment per release. The strategy says which predictors there are, this file what each consists of.
local explainers = import 'explainers.libsonnet';

local defaults = {
  release:: error 'must provide release',  // name, owner, model, strategy, explainer, detectors, replicas
  namespace:: error 'must provide namespace',
  serving:: error 'must provide serving',  // of environment.yaml
  models:: error 'must provide models',  // commit -> { bucket, dataset }
  strategy:: error 'must provide strategy',  // a file of strategies/
};

function(params)
  local config = defaults + params;
  local release = config.release;
  local serving = config.serving;
  local explainer = explainers[release.explainer];

  // Everything of a predictor but `traffic`, `replicas` and `explainer` restarts its pods when it changes
  // (facts of Seldon's operator), so nothing else here may depend on the strategy.
  local predictor(role, commit) =
    local model = config.models[commit];
    local provenance = { version: commit, 'model-commit': commit, 'dataset-commit': model.dataset };
    {
      name: role,
      replicas: release.replicas,
      // Seldon's metrics read the version from the annotation, its documentation names the label.
      labels: provenance,
      annotations: provenance,
      componentSpecs: [{
        spec: {
          containers: [{
            name: release.name,
            image: serving.model.image,
            env: [
              { name: 'MODEL_COMMIT_HASH', value: commit },
              { name: 'MLSERVER_MODEL_VERSION', value: commit },  // answers say which commit made them
            ],
            resources: serving.model.resources,
          }],
        },
      }],
      graph: {
        name: release.name,
        type: 'MODEL',
        implementation: 'SKLEARN_SERVER',
        modelUri: model.bucket,
        envSecretRefName: serving.secret,
        logger: { mode: 'all' },
        children: [],
      },
      [if explainer.type != null then 'explainer']: {
        type: explainer.type,
        modelUri: model.bucket + '/' + explainer.folder,
        envSecretRefName: serving.secret,
        replicas: 1,
        containerSpec: {
          name: release.name + '-' + role + '-explainer',
          image: serving.explainer.image,
          resources: serving.explainer.resources,
        },
      },
    };

  {
    apiVersion: 'machinelearning.seldon.io/v1',
    kind: 'SeldonDeployment',
    metadata: {
      name: release.name,
      namespace: config.namespace,
      // Annotations of the object do not restart pods; those of `spec` would.
      annotations: {
        'releasectl/owner': release.owner,
        'releasectl/model-commit': release.model,
        'releasectl/dataset-commit': config.models[release.model].dataset,
      },
    },
    spec: {
      protocol: 'v2',
      predictors: config.strategy.predictors(release, predictor),
    },
  }
