"""The people and their commands: an engineer in a clone, a reviewer who merges, an applicant who asks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.stand import RELEASECTL, Done, Stand
from tests.workflows.forge import Forge, PullRequest, git
from tests.workflows.github import GitHub
from tests.workflows.runner import Run, Runner, image

TARGET = "staging"
NAME = f"{TARGET}/income"


@dataclass
class House:
    """`forge` is GitHub with the origin, `stand` the cluster; `rows` is a CSV file of applicants."""

    forge: Forge
    stand: Stand
    github: GitHub
    rows: Path

    def run(self, *arguments: str, code: int = 0) -> Done:
        """A command of the engineer, in the clone, on the cluster."""
        platform = str(self.stand.root / "environments/platforms/sandbox.yaml")
        done = subprocess.run(
            [str(RELEASECTL), *arguments], cwd=self.forge.clone, capture_output=True, text=True, check=False,
            env={**os.environ, "RELEASECTL_PLATFORM": platform, "PYTHONPATH": str(self.forge.clone)},
        )  # fmt: skip
        told = f"{' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == code, told
        return Done(done.returncode, done.stdout, done.stderr)

    def write(self, path: str, text: str) -> None:
        file = self.forge.clone / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def change(self, path: str, old: str, new: str) -> None:
        text = (self.forge.clone / path).read_text()
        assert old in text, f"{path} has no {old!r}"
        self.write(path, text.replace(old, new))

    def propose(self, title: str, *, branch: str = "") -> PullRequest:
        """Commit what is in the clone, push it, open a pull request."""
        if branch:
            git(self.forge.clone, "switch", "-q", "-C", branch)
        self.forge.commit(title)
        return self.forge.open(title)

    def merged(self, pull: PullRequest) -> Run:
        """The reviewer merges, and what that starts."""
        return succeeded(self.forge.apply(self.forge.merge(pull)))

    def release(self, commit: str = "latest") -> PullRequest:
        self.forge.branch(f"release-{commit[:8]}")
        self.run("release", "income", "--env", TARGET, "--commit", commit, "--owner", "credit-ml")
        return self.propose(f"Release income {commit[:12]} to {TARGET}")

    def answering(self) -> str:
        """The model commit that answers, as main says it should be asked."""
        self.forge.branch("ask")
        found = self.run("predict", NAME, "--csv", str(self.rows), "--limit", "1", "--format", "json")
        return str(found.json()["model_version"])

    def comment(self, pull: PullRequest) -> str:
        """The one visible comment of ours."""
        (body,) = self.github.visible(pull.number)
        return body


def succeeded(run: Run) -> Run:
    assert run.ok, run.log
    return run


@contextmanager
def built(home: Path, trained: Stand | None = None) -> Iterator[House]:
    """The repository as it is here on GitHub, without releases; an empty cluster, or one that has trained."""
    with ExitStack() as stack:
        github, stand = GitHub(), Stand(home / "cluster")
        github.start()
        stack.callback(github.stop)
        stand.root.mkdir()
        stack.callback(stand.stop)
        if trained:
            stand.start_as(trained)
        else:
            stand.start()
        variables = {
            "RELEASECTL_PLATFORM": str(stand.root / "environments/platforms/sandbox.yaml"),
            "TOKEN_EXCHANGE_URL": f"{github.url}/exchange",
            "INGRESS_URL": "http://127.0.0.1/seldon",
            "REGISTRY": "registry.example/creditco",
        }
        runner = Runner(home / "runs", home / "server", github.url, variables, image(home / "image"))
        found = House(Forge(home, github, runner), stand, github, stand.root / ".sandbox/data.csv")
        found.forge.start()
        if trained:
            adopt(found)
        yield found


def adopt(house: House) -> None:
    """Main says what the cluster has trained on.

    Staging serves without explainer and detectors, whose servers take their time to start.
    """
    training = "pipelines/income/training.yaml"
    house.write(training, (house.stand.root / training).read_text())
    house.change("environments/staging/environment.yaml", "  explainer: anchor-tabular", "  explainer: none")
    house.change("environments/staging/environment.yaml", "  detectors: [drift, outlier]", "  detectors: []")
    house.run("render")
    house.forge.commit("Train on the census rows v1; staging without explainer and detectors")
    house.forge.pack()
