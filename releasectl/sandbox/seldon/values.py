"""What travels from a manifest to processes and routes: frozen, and storable as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from releasectl.model import Json

EXECUTOR = "executor"  # the runtime of a container that is no MLServer, but stands before them


class Kind(StrEnum):
    """What a workload is for; the order is the order in which processes start."""

    MODEL = "model"
    EXPLAINER = "explainer"
    DETECTOR = "detector"


@dataclass(frozen=True, slots=True)
class Container:
    """One MLServer: `uri` is where its artefact is, `env` what the operator and the manifest tell it; or an
    executor, whose `settings` say the same of the graph. A detector's say what it consumes.

    `problem` says why it can never start, such as a secret that nobody has; empty if it can.
    """

    name: str
    model: str
    runtime: str
    uri: str
    env: tuple[tuple[str, str], ...]
    problem: str = ""
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """What Kubernetes calls a Deployment: `replicas` pods of one revision behind a service.

    `entry` names the container that takes the requests: the executor, where there is one. Explainers ask
    `explained`, which is the same but for the revision: see `direct_rule`.
    """

    name: str
    kind: Kind
    service: str
    replicas: int
    revision: str
    entry: str
    containers: tuple[Container, ...]
    explained: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One prefix at the ingress: `targets` are (service, weight), `mirrors` are (service, percent).

    What comes in by it is not `logged` if nobody but a machine asks for it.
    """

    prefix: str
    targets: tuple[tuple[str, int], ...]
    mirrors: tuple[tuple[str, int], ...] = ()
    logged: bool = True


def direct_rule(service: str, revision: str) -> Rule:
    """The way from an explainer to the very revision of a model that it explains.

    It is open before either is live: an explainer asks its model while it loads, and never explains another.
    """
    exact = f"{service}/{revision[:10]}"
    return Rule(f"/.sandbox/services/{exact}", ((exact, 100),), logged=False)


@dataclass(frozen=True, slots=True)
class Unit:
    """What goes live in one piece: a SeldonDeployment, or a detector.

    `commit` is that of the model, as its URI pins it, if it does. `problem` says what the operator cannot
    make of it; then it has no workloads.
    """

    id: str
    namespace: str
    workloads: tuple[Workload, ...] = ()
    rules: tuple[Rule, ...] = ()
    problem: str = ""
    commit: str = ""

    @property
    def group(self) -> str:
        return group_of(self.id)


def group_of(unit: str) -> str:
    """The SeldonDeployment that a unit is or belongs to: a model and its detectors go live together."""
    return "/".join(unit.split("/")[:2])


@dataclass(frozen=True, slots=True)
class Commitment:
    """What of a unit is live: the revision of each workload, the rules that lead to them, the commit."""

    revisions: Mapping[str, str]
    rules: tuple[Rule, ...]
    commit: str = ""

    @classmethod
    def of(cls, unit: Unit) -> Commitment:
        return cls({each.name: each.revision for each in unit.workloads}, unit.rules, unit.commit)

    @classmethod
    def load(cls, data: Json) -> Commitment:
        rules = (
            Rule(rule["prefix"], _pairs(rule["targets"]), _pairs(rule["mirrors"])) for rule in data["rules"]
        )
        return cls(data["revisions"], tuple(rules), data.get("commit", ""))

    def dump(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Server:
    """One container of one replica: what the kubelet starts and keeps running.

    `explained` says whether it is the one that explainers ask.
    """

    unit: str
    namespace: str
    workload: str
    kind: Kind
    service: str
    revision: str
    replica: int
    entry: bool
    container: Container
    explained: bool = False

    @property
    def is_executor(self) -> bool:
        return self.container.runtime == EXECUTOR

    @property
    def pod(self) -> str:
        return f"{self.workload}-{self.revision[:10]}-{self.replica}"

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.pod}/{self.container.name}"

    @classmethod
    def load(cls, data: Json) -> Server:
        container = Container(**{**data["container"], "env": _pairs(data["container"]["env"])})
        return cls(**{**data, "kind": Kind(data["kind"]), "container": container})

    def dump(self) -> dict[str, Any]:
        return asdict(self)


def servers(unit: Unit) -> tuple[Server, ...]:
    """Every process that `unit` asks for."""
    return tuple(
        Server(
            unit=unit.id,
            namespace=unit.namespace,
            workload=workload.name,
            kind=workload.kind,
            service=f"{unit.namespace}/{workload.service}",
            revision=workload.revision,
            replica=replica,
            entry=container.name == workload.entry,
            container=container,
            explained=container.name == workload.explained,
        )
        for workload in unit.workloads
        for replica in range(workload.replicas)
        for container in workload.containers
    )


def _pairs(data: Json) -> tuple[tuple[Any, Any], ...]:
    return tuple((first, second) for first, second in data)
