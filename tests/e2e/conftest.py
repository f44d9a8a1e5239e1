"""One training for all tests that only need a model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from filelock import FileLock

from tests.e2e.forks import Forks
from tests.e2e.stand import ROWS, Stand, datasets


@pytest.fixture(scope="session")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return datasets(tmp_path_factory.mktemp("datasets"))


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Of each worker."""
    found = Forks()
    yield found
    found.stop()


@pytest.fixture(scope="session")
def trained(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Stand:
    """Has trained on a thousand rows, and is down: it can be copied. The first worker to ask makes it."""
    home = tmp_path_factory.getbasetemp()
    shared = home if worker_id == "master" else home.parent
    stand, done = Stand(shared / "trained"), shared / "trained.done"
    with FileLock(shared / "trained.lock"):
        if not done.exists():
            stand.forks = request.getfixturevalue("forks")
            train(stand, request.getfixturevalue("lines"))
            done.touch()
    return stand


def train(stand: Stand, lines: dict[str, list[str]]) -> None:
    stand.root.mkdir()
    stand.start()
    try:
        stand.push(lines["holdout"][: ROWS + 1], "holdout.csv", "--repo", "income_holdout")
        stand.push(lines["v1"][: ROWS + 1], "data.csv", "--train")
        stand.commit("Train on a thousand rows")
        stand.run("apply", "pipelines")
    finally:
        stand.stop()
