from tests.story import house, quick, story  # noqa: F401  (fixtures)
