"""What the workflows run against: GitHub, its runners, an origin with clones, a sandbox as the cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.workflows.github import GitHub
from tests.workflows.house import House, built


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with built(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.fixture
def github(house: House) -> GitHub:
    return house.github
