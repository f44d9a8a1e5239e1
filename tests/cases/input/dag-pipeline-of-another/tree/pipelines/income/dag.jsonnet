function(images)
  local spec(name, repo) = {
    pipeline: { name: name },
    input: { pfs: { repo: repo, branch: 'master', glob: '/' } },
    transform: { image: images.income, cmd: ['true'] },
  };
  [spec('income_training', 'income_data'), spec('copy_models', 'income_training')]
