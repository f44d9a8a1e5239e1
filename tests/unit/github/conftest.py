from tests.story import house, story  # noqa: F401  (fixtures)
from tests.unit.github.clones import clone, cloned  # noqa: F401  (fixtures)
