function(images) [] // café
