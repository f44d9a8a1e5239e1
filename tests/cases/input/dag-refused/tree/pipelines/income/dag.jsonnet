function(images) [
  {
    pipeline: { name: 'income.training' },
    input: { pfs: { repo: 'income_data', commit: 'abc' } },
    transform: { image: images.income, cmd: ['true'] },
  },
  {
    pipeline: { name: 'both' },
    input: { pfs: { repo: 'income_data', glob: '/' }, cross: [{ pfs: { repo: 'a', glob: '/' } }] },
    transform: { image: images.income },
  },
]
