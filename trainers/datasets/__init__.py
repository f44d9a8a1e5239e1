"""The census file and the datasets of the worked example, derived from it byte for byte the same anywhere."""
