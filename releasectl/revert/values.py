"""The proof of a revert as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from releasectl.errors import Problem
from releasectl.githistory import GitChange, GitCommit
from releasectl.model import Missing, Rendered, Repository
from releasectl.past import Standing
from releasectl.plan.values import Plan


class Verdict(StrEnum):
    """UNPROVEN: nothing speaks against it, but not everything could be looked at."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Subject:
    """The commit to take back. `parent` is the state to return to, `mainline` its number in a merge (`-m`),
    `takes_back` the commit that this one reverted, if it is a revert itself.
    """

    commit: GitCommit
    parent: str
    mainline: int | None
    takes_back: str | None
    touched: tuple[GitChange, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file that later commits changed too. `resolved` says how the state is computed all the same, or it
    is a Missing with the reason why it cannot be.
    """

    path: str
    later: tuple[GitCommit, ...]
    resolved: str | Missing


@dataclass(frozen=True, slots=True)
class State:
    """What the repository would hold: `conflicts` met on the way, `notes` on what a revert of text alone
    would have got wrong, `patch` from HEAD to here; `plain` if `git revert` gets here by itself.
    """

    conflicts: tuple[Conflict, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    repository: Repository | Missing
    rendered: tuple[Rendered, ...]
    patch: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Move:
    """A release that is not what it was. `as_before` says whether its manifest is, byte for byte, the one
    that was committed before.
    """

    target: str
    before: Standing | Missing
    after: Standing | Missing
    as_before: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """Safe only if there are no `reasons` against it and nothing is `unseen`; `remains` are candidates that
    would go on answering.
    """

    subject: Subject
    moves: tuple[Move, ...]
    conflicts: tuple[Conflict, ...]
    reasons: tuple[Problem, ...]
    unseen: tuple[Problem, ...]
    remains: tuple[Problem, ...]
    notes: tuple[str, ...]
    plans: Mapping[str, Plan | Missing]
    commands: tuple[str, ...]
    patch: str

    @property
    def verdict(self) -> Verdict:
        if self.reasons:
            return Verdict.UNSAFE
        return Verdict.UNPROVEN if self.unseen else Verdict.SAFE
