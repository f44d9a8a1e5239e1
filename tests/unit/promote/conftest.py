from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.story import remember_jsonnet


@pytest.fixture(autouse=True, scope="package")
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        remember_jsonnet(patch)
        yield
