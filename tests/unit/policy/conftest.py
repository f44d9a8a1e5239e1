"""Each text of jsonnet is evaluated once."""

from tests.story import quick  # noqa: F401  (a fixture)
