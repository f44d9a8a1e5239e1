"""One module per policy rule."""
