"""The model: income above 50K or not, from seven columns of a census form."""
