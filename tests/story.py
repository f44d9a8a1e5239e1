"""A repository in git, a cluster in memory, and what people do: train, release, commit, apply, revert."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import _jsonnet
import pytest

from generators import jsonnet
from releasectl.apply import Outcome, Terms, apply
from releasectl.clock import Patience
from releasectl.errors import BackendUnreachable
from releasectl.evidence import KINDS
from releasectl.gather import REPO, gather, resolve
from releasectl.git import revision
from releasectl.ledger import Ledger
from releasectl.load import load
from releasectl.model import CommitId, PipelineVersion, Repository, Upstream
from releasectl.ports import Cluster
from releasectl.promote import transition
from releasectl.propose import accept, propose
from releasectl.render import render, write
from tests.builder import ARTEFACTS, EVIDENCE, FEATURES, HOLDOUT, Mini, build, commit_id
from tests.unit.flow.fakes import FakeCluster

MADE = PipelineVersion("copy_models", 1, "creditco/trainers:1.0.0")
EVALUATE = _jsonnet.evaluate_snippet  # as jsonnet has it
Importer = Callable[[str, str], tuple[str, bytes]]
ADA, BOB = "Ada <ada@example.org>", "Bob <bob@example.org>"


@dataclass
class Story:
    """Time is that of the cluster's clock, for commits as well; every commit takes a minute."""

    root: Path
    cluster: FakeCluster = field(default_factory=FakeCluster)
    models: dict[str, CommitId] = field(default_factory=dict)  # those that are not commit_id(name)
    mini: Mini = field(init=False)

    def __post_init__(self) -> None:
        self.mini = Mini(self.root)

    def begin(self) -> None:
        """Where nothing has been yet."""
        build(self.root)
        for path in [*self.root.glob("releases/*/*.yaml")]:
            path.unlink()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "CI")
        self.git("config", "user.email", "ci@example.org")
        self.render()
        self.commit("An empty house", ADA)

    def git(self, *arguments: str, author: str = ADA, check: bool = True) -> str:
        name, _, email = author.rstrip(">").partition(" <")
        moment = self.cluster.clock.now().isoformat()
        identity = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
                    for what, value in (("NAME", name), ("EMAIL", email), ("DATE", moment))}  # fmt: skip
        done = subprocess.run(
            ["git", "-C", str(self.root), "-c", "commit.gpgSign=false", *arguments],
            capture_output=True, text=True, check=False, env={**os.environ, **identity, "GIT_EDITOR": "true"},
        )  # fmt: skip
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout.strip()

    def commit(self, message: str, author: str = ADA) -> str:
        self.cluster.clock.sleep(60)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, author=author)
        return self.git("rev-parse", "HEAD")

    def revert(self, commit: str = "HEAD", *options: str, author: str = ADA) -> str:
        self.cluster.clock.sleep(60)
        self.git("revert", "--no-edit", *options, commit, author=author)
        return self.git("rev-parse", "HEAD")

    def train(self, name: str, *, dataset: str = "", features: Mapping[str, Any] = FEATURES) -> CommitId:
        """A model commit as the income DAG would have made it."""
        commit, data = commit_id(name), self.cluster.data
        data.add(REPO, "master", commit, artefacts(name, features))
        source = commit_id(dataset or f"dataset of {name}")
        data.add("income_data", "master", source, {"/data.csv": b"age\n1\n"})
        data.ancestry[REPO, commit] = (
            Upstream("income_data", "master", source),
            Upstream("income_holdout", "master", HOLDOUT),
            Upstream(REPO, "master", commit, MADE),
        )
        return commit

    def release(
        self, model: str, environment: str = "production", *, strategy: str = "direct", name: str = "income"
    ) -> None:
        """The files of `releasectl release`, left uncommitted."""
        data = self.cluster.data
        lock = gather(data, resolve(data, REPO, self.models.get(model, commit_id(model))), "/income")
        proposal = propose(
            self.root, environment=environment, name=name, lock=lock, owner="credit-ml", strategy=strategy
        )
        accept(self.root, proposal)

    def released(self, model: str, environment: str = "production", **options: Any) -> str:
        """Trained, released and committed; returns the commit."""
        self.train(model)
        self.release(model, environment, **options)
        return self.commit(f"Release {model} to {environment}")

    def step(self, verb: Any, environment: str = "production", name: str = "income") -> str:
        repository = self.load()
        release = next(each for each in repository.releases_in(environment) if each.name == name)
        accept(self.root, transition(verb, self.root, repository, release).proposal)
        return self.commit(f"{verb} {environment}/{name}")

    def load(self) -> Repository:
        return load(self.root)

    def render(self) -> None:
        write(self.root, render(self.load()))

    def apply(self, environment: str = "production", *, ports: Cluster | None = None) -> Outcome:
        """As the command does it, by whoever is configured in git."""
        self.cluster.clock.sleep(60)
        repository, ports = self.load(), ports or self.cluster.ports
        made_by = revision(self.root)
        terms = Terms(made_by.label, self.cluster.clock, Patience())
        recorder = Ledger(ports.data, made_by)
        return apply(
            environment, repository, render(repository), ports,
            terms=terms, recorder=recorder, progress=lambda _: None,
        )  # fmt: skip

    def serving(self, environment: str = "production", name: str = "income") -> Any:
        """The live object, or None."""
        return self.cluster.serving.objects.get((f"creditco-{environment}", name))


def artefacts(name: str, features: Mapping[str, Any] = FEATURES) -> dict[str, bytes]:
    """The files of a model commit."""
    files = {f"/income/{artefact}": f"{artefact} of {name}".encode() for artefact in ARTEFACTS}
    files["/income/schema.json"] = json.dumps(features).encode()
    evidence = {
        f"/income/evidence/{KINDS[key]}": json.dumps(found).encode() for key, found in EVIDENCE.items()
    }
    return files | evidence


def remember_jsonnet(patch: pytest.MonkeyPatch) -> None:
    """A story renders the same few releases over and over: evaluate each text once, of the same imports."""
    known: dict[str, tuple[str, dict[tuple[str, str], tuple[str, bytes]]]] = {}

    def remembered(path: str, text: str, *, tla_codes: Mapping[str, str], import_callback: Importer) -> str:
        key = json.dumps([path, text, tla_codes], sort_keys=True)
        result, imports = known.get(key, ("", {}))
        if not result or any(import_callback(*asked) != found for asked, found in imports.items()):
            imports = {}

            def imported(*asked: str) -> tuple[str, bytes]:
                imports[asked] = import_callback(*asked)
                return imports[asked]

            result = EVALUATE(path, text, tla_codes=tla_codes, import_callback=imported)
            known[key] = result, imports
        return result

    patch.setattr(_jsonnet, "evaluate_snippet", remembered)
    patch.setattr(jsonnet, "bounded", lambda work: work())  # a fork would remember for itself alone


class Silent:
    """A platform that does not answer, whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise BackendUnreachable.at("pachd", "no answer", "start it")


@pytest.fixture(autouse=True, scope="package")
def quick() -> Iterator[None]:
    """For the conftest of a folder of stories: each of them renders only what none has rendered before."""
    with pytest.MonkeyPatch.context() as patch:
        remember_jsonnet(patch)
        yield


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Built once; each story begins in a copy."""
    story = Story(tmp_path_factory.mktemp("house"))
    story.begin()
    return story


@pytest.fixture
def story(tmp_path: Path, house: Story) -> Story:
    """A house in which nothing has been released."""
    shutil.copytree(house.root, tmp_path, dirs_exist_ok=True)
    cluster = FakeCluster()
    cluster.clock.sleep((house.cluster.clock.now() - cluster.clock.now()).total_seconds())
    return Story(tmp_path, cluster)
