from tests.unit.github.clones import clone  # noqa: F401  (a fixture)
