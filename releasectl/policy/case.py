"""What a rule sees: one release, the models it serves with their evidence, and how it came to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from releasectl.evidence import Evidence
from releasectl.model import (
    CommitId,
    Dag,
    Environment,
    Json,
    Lock,
    Missing,
    Platform,
    Release,
    Revocation,
    Strategy,
)
from releasectl.policy.limits import Limit
from releasectl.policy.says import Seen
from releasectl.webhook import Manifest


@dataclass(frozen=True, slots=True)
class First:
    """There was no model before: nothing to compare with, and no fault in that."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A state of a release, since `at`; `revision` is the git commit that brought it, if one did yet.

    `target` is what the release was called then: a new name does not shed the past.
    """

    at: datetime
    model: CommitId
    strategy: Strategy
    revision: str | None = None
    target: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model commit of a release: where the release names it, its lock, its evidence, and its champion.

    Evidence that is absent, or breaks its schema, is a Missing. The champion is the model that this one is
    tried against, or that it replaced. Releases that serve the same by the same champion share one Model.
    """

    pointer: str
    lock: Lock
    evidence: Evidence = field(repr=False)
    champion: Model | First | Missing

    def find(self, *path: str) -> Json | Missing:
        """A value of the evidence, such as find("profile", "training", "rows")."""
        value: Json = self.evidence
        try:
            for step in path:
                value = value[step]
        except (KeyError, TypeError):
            return _absent(self.evidence, path)
        return Missing(f"{'/'.join(path)} is empty") if value is None else value

    def seen(self, what: str, path: tuple[str, ...], limit: Limit, *, mild: bool = False) -> Seen:
        """That value, held against a limit."""
        return self.says(what, self.find(*path), limit, at=path, mild=mild)

    def says(
        self,
        what: str,
        actual: Json | Missing,
        limit: Limit,
        *,
        at: tuple[str, ...] = (),
        mild: bool = False,
        remedy: str = "",
    ) -> Seen:
        """A value computed from the evidence at `at`."""
        return Seen(self.pointer, what, actual, limit, mild, remedy, self.lock, at)


def _absent(evidence: Mapping[str, Json | Missing], path: tuple[str, ...]) -> Missing:
    """Why the walk along `path` ends."""
    found: Json = evidence
    depth = 0
    while isinstance(found, Mapping) and path[depth] in found:
        found, depth = found[path[depth]], depth + 1
    if isinstance(found, Missing):
        return found
    if depth == 0:
        return Missing(f"there is no evidence called {path[0]}")
    return Missing(f"the evidence has no {'/'.join(path[: depth + 1])}")


@dataclass(frozen=True, slots=True)
class Case:
    """One release with everything a rule may look at.

    A trial is the stages beside a model's champion, oldest first, which led to the model: none where it came
    at once. It is unknown, as the champion is, where the history is.
    """

    release: Release
    environment: Environment
    locks: tuple[Lock, ...]  # of the model, then of the candidate
    deployment: Json
    manifest: Manifest  # the deployment, taken apart
    detectors: tuple[Json, ...]
    revoked: tuple[Revocation, ...]
    models: tuple[Model, ...]  # as `locks`
    trials: tuple[tuple[Stage, ...] | Missing, ...]  # as `locks`
    known: Mapping[CommitId, Lock]  # every lock of the repository
    environments: Mapping[str, Environment]
    dags: Mapping[str, Dag]
    timeline: tuple[Stage, ...] | Missing  # oldest first; the last is the release as it is judged
    comparisons: Mapping[
        CommitId, Mapping[str, Json]
    ]  # by candidate and strategy: what its trials have shown
    platform: Platform | Missing
    now: datetime

    def trial_of(self, model: Model) -> tuple[Stage, ...] | Missing:
        """What led to one of the release's models."""
        return self.trials[self.models.index(model)]
