function(images) [
  {
    pipeline: { name: 'income_training' },
    input: { pfs: { repo: 'income_data', branch: 'master', glob: '/' } },
    transform: { image: images.incom, cmd: ['python', '-m', 'trainers.income.train'] },
  },
]
