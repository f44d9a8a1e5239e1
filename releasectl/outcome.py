"""What came of an apply, and who wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from releasectl.errors import Problem
from releasectl.model import Missing
from releasectl.plan.values import Plan

Result = Literal["unchanged", "applied", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`steps_done` counts the steps of `plan` that were taken whole; the next one is where it stopped."""

    target: str
    result: Result
    plan: Plan
    steps_done: int
    started: datetime
    finished: datetime
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An apply that did not get to its end: it `finished` by failing, or was cut off."""

    finished: datetime | Missing


class Recorder(Protocol):
    """Keeps the history of applies; see `ledger`."""

    def unfinished(self, target: str) -> Unfinished | None:
        """The last apply of `target`, unless it got to its end."""

    def begin(self, plan: Plan, started: datetime) -> None:
        """Before the first write, so that even a killed apply leaves its mark."""

    def end(self, outcome: Outcome) -> None:
        """What came of the apply that was begun, or that failed before it had anything to write."""

    def settle(self, outcome: Outcome) -> None:
        """Nothing was left to write: closes the record of an earlier apply that did not get to its end."""
