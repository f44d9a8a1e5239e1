"""One module per command; `wiring` builds the collaborators, `main` reports errors."""
