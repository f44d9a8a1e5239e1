local pipeline = import '../../generators/pipelin.libsonnet';
function(images) [pipeline.trainer({})]
