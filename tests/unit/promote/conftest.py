from tests.story import quick  # noqa: F401  (fixtures)
