"""What came of an apply, and who wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from releasectl.errors import Problem
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


class Recorder(Protocol):
    """Keeps the history of applies; see `ledger`."""

    def unfinished(self, target: str) -> bool:
        """Did the last apply of `target` write something and not get to its end?"""

    def begin(self, plan: Plan, started: datetime) -> None:
        """Before the first write, so that even a killed apply leaves its mark."""

    def end(self, outcome: Outcome) -> None:
        """What came of the apply that was begun."""

    def settle(self, outcome: Outcome) -> None:
        """Nothing was left to write: closes the record of an earlier apply that did not get to its end."""
