function(images) [{ pipeline: [1], input: 3, transform: 'x' }]
