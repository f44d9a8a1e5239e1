function(images) [
  {
    pipeline: { name: 'income_training' },
    input: { pfs: { repo: 'income_data', branch: 'master', glob: '/', globb: '/' } },
    transform: { image: images.income, cmd: ['python', '-m', 'trainers.income.train'] },
  },
]
