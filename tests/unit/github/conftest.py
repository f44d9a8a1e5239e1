from tests.story import house, quick, story  # noqa: F401  (fixtures)
from tests.unit.github.clones import clone, cloned  # noqa: F401  (fixtures)
