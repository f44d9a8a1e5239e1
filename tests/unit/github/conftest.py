from tests.story import story  # noqa: F401  (a fixture)
from tests.unit.github.clones import clone  # noqa: F401  (a fixture)
