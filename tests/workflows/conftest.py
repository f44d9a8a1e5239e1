"""What the workflows run against: GitHub, its runners, an origin with clones, a sandbox as the cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.stand import Stand, datasets
from tests.workflows.forge import Forge, git
from tests.workflows.github import GitHub
from tests.workflows.house import House, succeeded
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
def forge(tmp_path_factory: pytest.TempPathFactory, github: GitHub, stand: Stand) -> Forge:
    """The repository as it is here, without releases, on GitHub; its variables name the sandbox."""
    home = tmp_path_factory.mktemp("github")
    variables = {
        "RELEASECTL_PLATFORM": str(stand.root / "environments/platforms/sandbox.yaml"),
        "TOKEN_EXCHANGE_URL": f"{github.url}/exchange",
        "INGRESS_URL": "http://127.0.0.1/seldon",
        "REGISTRY": "registry.example/creditco",
    }
    runner = Runner(home / "runs", home / "server", github.url, variables, image(home / "image"))
    found = Forge(home, github, runner)
    found.start()
    return found


@pytest.fixture(scope="session")
def house(forge: Forge, stand: Stand, github: GitHub, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Staging serves without explainer and detectors, whose servers take their time to start."""
    folder = tmp_path_factory.mktemp("data")
    lines = datasets(folder)
    found = House(forge, stand, github, folder / "rows.csv")
    found.rows.write_text("\n".join(lines["v1"][:3]) + "\n")
    found.change("environments/staging/environment.yaml", "  explainer: anchor-tabular", "  explainer: none")
    found.change("environments/staging/environment.yaml", "  detectors: [drift, outlier]", "  detectors: []")
    found.run("render")
    forge.commit("Staging without explainer and detectors")
    git(forge.clone, "push", "-q", "origin", "HEAD:main")
    found.run("data", "push", str(folder / "holdout.csv"), "--repo", "income_holdout")
    forge.branch("train")
    found.run("data", "push", str(folder / "v1.csv"), "--train")
    succeeded(found.merged(found.propose("Train on the census rows v1")))
    return found
