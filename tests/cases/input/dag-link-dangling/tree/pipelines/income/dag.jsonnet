local pipeline = import '../../generators/pipeline.libsonnet';
function(images) [
  pipeline.gather({
    name: 'copy_models',
    image: images.income,
    inputs: { income_training: 'master', income_drift: 'master' },
    links: { 'income/drift': 'income_drft/drift', 'income/model.joblib': 'income_training/model.joblib' },
  }),
]
