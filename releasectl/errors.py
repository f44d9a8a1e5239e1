"""Every way to fail, with its exit code; the README prints `EXIT_CODES`.

Errors are exceptions that carry `Problem`s: where, what is wrong, what to do. Only `cli` catches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

EXIT_CODES = {
    0: "clean",
    1: "internal error: a rule module that fails, which is named, or a fault of the tool: please report it",
    2: "bad arguments",
    3: "invalid input: a file or a name in it is wrong",
    4: "backend unreachable: Pachyderm or Seldon Deploy does not answer",
    5: "the platform refused, or a job or server failed",
    6: "another apply holds the lock",
    10: "policy denies, or a revert is not safe",
    11: "drift or pending changes",
    130: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `where` is file:line:column or a resource such as `income_data@master`."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  -> {self.remedy}"


class ReleaseError(Exception):
    """Base of all errors; holds every problem of the run, not only the first."""

    exit_code = 1

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    @classmethod
    def at(cls, where: object, what: str, remedy: str) -> Self:
        """An error with one problem."""
        return cls(Problem(str(where), what, remedy))

    @classmethod
    def raise_if(cls, problems: Iterable[Problem]) -> None:
        """Raise one error with all of `problems`, if there are any."""
        if found := tuple(problems):
            raise cls(*found)


class RuleFailed(ReleaseError):
    """A policy rule failed: a fault of ours, and nobody knows what it would have found."""

    exit_code = 1


class UsageError(ReleaseError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class InvalidInput(ReleaseError):
    """A file of the repository, or a file given, is wrong."""

    exit_code = 3


class BackendUnreachable(ReleaseError):
    """No answer, no answer in time, or an answer of another kind (a login page, say)."""

    exit_code = 4


class PlatformRefused(ReleaseError):
    """The platform answered no, or what it was asked to run has failed."""

    exit_code = 5


class NotLookedAt(PlatformRefused):
    """The platform did not get as far as what was asked for: no permission, or a fault of its own."""


class LockHeld(ReleaseError):
    """Another apply is at work on the same target."""

    exit_code = 6


class PolicyDenied(ReleaseError):
    """At least one finding has the strictness `deny`."""

    exit_code = 10


class PendingChanges(ReleaseError):
    """What is live, or what is rendered, differs from what the files say."""

    exit_code = 11
