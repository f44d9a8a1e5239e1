"""The values that travel between the stages: frozen, and free of I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Json = Any  # a JSON value: dict, list, str, int, float, bool or None
CommitId = str  # 32 hex digits, a version-4 UUID without dashes

CANARY_STEPS = (10, 25, 50)  # a candidate's share of the requests, in per cent, step by step


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file, counted from 1; `file` is relative to the repository's root."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that was looked for and is not there, with the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """A YAML document with the place of every value, keyed by its JSON pointer ("" is the root)."""

    file: str
    data: Json
    places: Mapping[str, Place] = field(repr=False)

    def place(self, pointer: str = "") -> Place:
        """The place of `pointer`, or of its nearest parent that has one."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer, Place(self.file))


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a release takes its traffic; what a field means is the business of `generators/strategies`."""

    type: str = "direct"
    candidate: CommitId | None = None
    traffic: int | None = None
    mirror: int | None = None
    router: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """What should serve under one name in one environment, defaults of the environment applied."""

    name: str
    environment: str
    owner: str
    model: CommitId
    strategy: Strategy
    explainer: str
    detectors: tuple[str, ...]
    replicas: int
    source: Source = field(repr=False, compare=False)

    @property
    def commits(self) -> tuple[CommitId, ...]:
        """Every model commit this release serves: the stable one first."""
        candidate = self.strategy.candidate
        return (self.model,) if candidate is None else (self.model, candidate)


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file of a commit; `path` starts with a slash, `size` is in bytes, `sha256` is 64 hex digits."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PipelineVersion:
    """The pipeline that made a commit: its name, spec version and image."""

    name: str
    version: int
    image: str


@dataclass(frozen=True, slots=True)
class Upstream:
    """One commit of a lineage; `pipeline` is None for data that a person pushed."""

    repo: str
    branch: str
    commit: CommitId
    pipeline: PipelineVersion | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """What is known of a model commit: where it came from, what it holds, what it was measured to do."""

    commit: CommitId
    repo: str
    branch: str
    path: str
    lineage: tuple[Upstream, ...]
    files: tuple[ServedFile, ...]
    features: Json
    evidence: Mapping[str, Json]
    source: Source | None = field(default=None, repr=False, compare=False)

    def dataset(self, repo: str) -> CommitId | Missing:
        """The commit of the source repository `repo` that this model was trained or measured on."""
        for upstream in self.lineage:
            if upstream.repo == repo and upstream.pipeline is None:
                return upstream.commit
        return Missing(f"the lineage of {self.commit} has no commit of {repo}")


@dataclass(frozen=True, slots=True)
class Environment:
    """A place where releases serve: a namespace on a platform, and the defaults of its releases."""

    name: str
    namespace: str
    platform: str
    branch: str
    defaults: Mapping[str, Json]
    serving: Mapping[str, Json]
    source: Source = field(repr=False, compare=False)
    policy: Source | None = field(default=None, repr=False, compare=False)  # policy.yaml, if there is one
    canary_steps: tuple[int, ...] = CANARY_STEPS
    logging: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Platform:
    """How to reach a cluster. Addresses are `host:port` or URLs; a secret is the name of a variable."""

    name: str
    pachd: str
    pachd_tls: bool
    pachd_token_env: str | None
    s3: str
    seldon_deploy: str
    seldon_deploy_token_env: str | None
    ingress: str
    timeout_seconds: float
    sandbox: Mapping[str, Json] | None
    source: Source = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Training:
    """Which dataset commit trains: the head that `branch` of `repo` should have."""

    repo: str
    branch: str
    commit: CommitId
    source: Source = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Dag:
    """The folder pipelines/<name>: its training choice, the path of its jsonnet, the trainers' images.

    `pipelines` are the names of what lies rendered beside it.
    """

    name: str
    jsonnet: str
    training: Training
    images: Mapping[str, str] = field(default_factory=dict)
    pipelines: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Revocation:
    """A model or dataset commit that must not serve again, nor anything that was made from it.

    `sha256` is that of its file, if it is a dataset and the entry says so. `digests` are that one and those
    that locks tell: another commit of the same bytes is no other data. `models` are those of the locks that
    it hits, which may be there no more.
    """

    commit: CommitId
    reason: str
    owner: str
    date: date
    place: Place = field(repr=False, compare=False)
    sha256: str = ""
    digests: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    models: frozenset[CommitId] = field(default=frozenset(), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Repository:
    """Everything the files say, loaded and checked against their schemas."""

    root: str
    environments: Mapping[str, Environment]
    platforms: Mapping[str, Platform]
    releases: tuple[Release, ...]
    locks: Mapping[CommitId, Lock]
    dags: Mapping[str, Dag]
    revoked: tuple[Revocation, ...] = ()
    waivers: Source | None = None  # policies/waivers.yaml, if there is one
    # release -> candidate -> strategy
    comparisons: Mapping[str, Mapping[CommitId, Mapping[str, Source]]] = field(default_factory=dict)

    def releases_in(self, environment: str) -> tuple[Release, ...]:
        """The releases of an environment; none if there is no such environment."""
        return tuple(release for release in self.releases if release.environment == environment)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One generated file: `path` relative to the root, `text` its content, `documents` what it holds."""

    path: str
    text: str
    documents: tuple[Json, ...]
