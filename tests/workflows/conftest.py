"""GitHub, its runners, an origin with clones, and a sandbox as the cluster: what the workflows run against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stand import Stand
from tests.workflows.forge import Forge
from tests.workflows.github import GitHub
from tests.workflows.runner import Runner, image


@pytest.fixture(scope="session")
def github() -> Iterator[GitHub]:
    found = GitHub()
    found.start()
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A sandbox, as empty as a new cluster."""
    found = Stand(tmp_path_factory.mktemp("cluster"))
    found.start()
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="session")
def runner_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return image(tmp_path_factory.mktemp("runner") / "image")


@pytest.fixture(scope="session")
def forge(
    tmp_path_factory: pytest.TempPathFactory, github: GitHub, stand: Stand, runner_image: Path
) -> Forge:
    """The repository as it is here, without releases, on GitHub; its variables name the sandbox as the platform."""
    home = tmp_path_factory.mktemp("github")
    variables = {
        "RELEASECTL_PLATFORM": str(stand.root / "environments/platforms/sandbox.yaml"),
        "TOKEN_EXCHANGE_URL": f"{github.url}/exchange",
        "INGRESS_URL": "http://127.0.0.1/seldon",
    }
    found = Forge(home, github, Runner(home / "runs", home / "server", github.url, variables, runner_image))
    found.start()
    return found
