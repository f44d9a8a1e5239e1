"""A plan as a value: what differs, and the steps that make it equal, in the order they are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from releasectl.errors import Problem
from releasectl.fields import FieldChange
from releasectl.model import CommitId, Json, Missing, Strategy
from releasectl.ports import Detector, PipelineChange


class Verb(StrEnum):
    """What happens to a resource. WAIT and FAILED change nothing: an earlier apply left something unfinished,
    or something that failed.
    """

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    MOVE = "move"
    RESTART = "restart"
    DELETE = "delete"
    WAIT = "wait"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Highlight:
    """A difference in the terms of a reviewer: `model commit`, `dataset income_data`, `accuracy`."""

    what: str
    old: Json | Missing
    new: Json | Missing


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that differs: first in a reviewer's terms, then field by field."""

    verb: Verb
    resource: str
    highlights: tuple[Highlight, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChangePipelines:
    """Everything that a plan does to the DAG of a family, in one transaction."""

    change: PipelineChange


@dataclass(frozen=True, slots=True)
class AwaitJobs:
    """Wait until the newest job of every pipeline has ended. `newer_than` names, for pipelines that get a
    new job, the one they had before: its state says nothing of the change. `trained` are the repositories
    whose data a training.yaml names.
    """

    pipelines: tuple[str, ...]
    newer_than: Mapping[str, str | None]
    trained: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateDeployment:
    """A SeldonDeployment that is not there yet."""

    namespace: str
    manifest: Json


@dataclass(frozen=True, slots=True)
class UpdateDeployment:
    """A SeldonDeployment in place of the live one of its name."""

    namespace: str
    manifest: Json


@dataclass(frozen=True, slots=True)
class DeleteDeployment:
    """A SeldonDeployment of ours that no release asks for any more."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class AwaitDeployment:
    """Wait until Available and Ready. `before` is the status that the write before it found; Seldon never
    sets observedGeneration, so an unchanged status may still speak of the old object.
    """

    namespace: str
    name: str
    written: bool
    before: tuple[str, bool, str] | None = None


@dataclass(frozen=True, slots=True)
class CreateDetector:
    """A detector beside a deployment."""

    namespace: str
    deployment: str
    detector: Detector


@dataclass(frozen=True, slots=True)
class DeleteDetector:
    """A detector of ours that is to go, for good or to be created anew."""

    namespace: str
    deployment: str
    detector: Detector


@dataclass(frozen=True, slots=True)
class AwaitDetectors:
    """Wait until each of `names` is ready."""

    namespace: str
    deployment: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MoveHead:
    """`branch` names `commit` from now on: what is deployed, or what trains."""

    repo: str
    branch: str
    commit: CommitId


@dataclass(frozen=True, slots=True)
class DeleteBranch:
    """No release of the environment serves from the repository any more."""

    repo: str
    branch: str


Await = AwaitJobs | AwaitDeployment | AwaitDetectors
Write = (
    ChangePipelines
    | CreateDeployment
    | UpdateDeployment
    | DeleteDeployment
    | CreateDetector
    | DeleteDetector
    | MoveHead
    | DeleteBranch
)
Action = Write | Await


@dataclass(frozen=True, slots=True)
class Step:
    """One call to the outside world, or one wait, with the changes it brings about."""

    action: Action
    changes: tuple[Change, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether it changes anything outside."""
        return not isinstance(self.action, Await)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that must happen for `target` to be as the files say; empty when it is already so."""

    target: str
    steps: tuple[Step, ...]
    warnings: tuple[Problem, ...] = ()
    models: Mapping[str, CommitId] = field(default_factory=dict)  # stable commit by release, as it should be
    strategies: Mapping[str, Strategy] = field(default_factory=dict)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs, over all steps, in their order."""
        return tuple(change for step in self.steps for change in step.changes)

    @property
    def writes(self) -> int:
        """How many calls change something."""
        return sum(step.writes for step in self.steps)

    @property
    def empty(self) -> bool:
        """Everything is as the files say."""
        return not self.steps
