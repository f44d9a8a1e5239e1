function(images)
  local spec(name, repo) = {
    pipeline: { name: name },
    input: { pfs: { repo: repo, branch: 'master', glob: '/' } },
    transform: { image: images.income, cmd: ['true'] },
  };
  [spec('churn_training', 'churn_data'), spec('copy_models', 'churn_training'), spec('income-training', 'churn_data')]
