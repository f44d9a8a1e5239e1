"""What the pipelines run, one package per trainer; shares files with the toolkit, never code."""
