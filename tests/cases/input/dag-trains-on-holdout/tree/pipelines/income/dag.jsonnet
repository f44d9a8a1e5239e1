function(images) [
  {
    pipeline: { name: 'income_training' },
    input: { pfs: { repo: 'income_data', branch: 'master', glob: '/' } },
    transform: { image: images.income, cmd: ['python', '-m', 'trainers.income.train'] },
  },
  {
    pipeline: { name: 'income_evaluation' },
    input: { cross: [
      { pfs: { repo: 'income_training', branch: 'master', glob: '/' } },
      { pfs: { repo: 'income_holdout', branch: 'master', glob: '/' } },
    ] },
    transform: { image: images.income, cmd: ['python', '-m', 'trainers.evaluation.evaluate'] },
  },
]
