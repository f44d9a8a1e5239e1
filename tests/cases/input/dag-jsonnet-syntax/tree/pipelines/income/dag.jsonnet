function(images) [
  { pipeline: { name: 'a' }
    input: {} },
]
