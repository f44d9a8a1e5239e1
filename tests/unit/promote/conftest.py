from tests.story import quick  # noqa: F401  (fixtures)
from tests.unit.promote.trials import mini  # noqa: F401  (a fixture)
