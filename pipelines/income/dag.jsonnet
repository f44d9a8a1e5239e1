// From a dataset to everything that a release of the income model serves: see pipelines/README.md.
local pipeline = import '../../generators/pipeline.libsonnet';

local family = { model: 'income', owner: 'credit-ml' };
local data = '/pfs/income_data/data.csv';
local training = '/pfs/income_training';

function(images)
  local trainer(folder, params) = pipeline.trainer(family {
    image: std.get(images, folder, error 'pipelines/images.yaml names no image for ' + folder),
    inputs: { income_data: 'master', income_training: 'master' },
    arguments: [data, training, '/pfs/out'],
  } + params);
  [
    trainer('income', {
      name: 'income_training',
      description: 'The model and its feature schema',
      module: 'trainers.income.train',
      inputs: { income_data: 'master' },
      arguments: [data, '/pfs/out'],
    }),
    trainer('explainer', {
      name: 'income_explainer',
      description: 'Anchors: the few facts that hold a prediction in place',
      module: 'trainers.explainer.train',
    }),
    trainer('drift', {
      name: 'income_drift',
      description: 'Tells when applicants no longer look like the training data',
      module: 'trainers.drift.train',
    }),
    trainer('outlier', {
      name: 'income_outlier',
      description: 'Tells which applicants look like nothing in the training data',
      module: 'trainers.outlier.train',
    }),
    trainer('evaluation', {
      name: 'income_evaluation',
      description: 'The evidence: metrics, groups and data profile on the frozen holdout, and the card',
      module: 'trainers.evaluation.evaluate',
      inputs+: { income_holdout: 'master' },
      arguments: [data, '/pfs/income_holdout/holdout.csv', training, '/pfs/out', '--card', '-'],
      stdin: importstr 'card.yaml',
    }),
    pipeline.gather(family {
      name: 'copy_models',
      description: 'One commit that holds all a release serves; its branches say what is deployed',
      image: std.get(images, 'income', error 'pipelines/images.yaml names no image for income'),
      inputs: {
        [name]: 'master'
        for name in ['income_training', 'income_explainer', 'income_drift', 'income_outlier', 'income_evaluation']
      },
      links: {
        'income/model.joblib': 'income_training/model.joblib',
        'income/schema.json': 'income_training/schema.json',
        'income/explainer': 'income_explainer/explainer',
        'income/drift': 'income_drift/drift',
        'income/outlier': 'income_outlier/outlier',
        'income/evidence': 'income_evaluation/evidence',
      },
    }),
  ]
