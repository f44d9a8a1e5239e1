from tests.story import quick, story  # noqa: F401  (fixtures)
