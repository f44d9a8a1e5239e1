"""How a trainer fails: one line per problem on stderr, where a job's log shows it, and exit code 3."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

INVALID_DATA = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `file:line`, what, and what to do about it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"error: {self.where}: {self.what} -> {self.remedy}".replace("\n", " ")


class InvalidData(Exception):
    """The input cannot be used; holds every problem found, not only the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    @classmethod
    def at(cls, where: object, what: str, remedy: str) -> Self:
        return cls(Problem(str(where), what, remedy))


def run(trainer: Callable[[list[str]], None]) -> None:
    """Run a trainer's main as a process would: the arguments in, the exit code out."""
    try:
        trainer(sys.argv[1:])
    except InvalidData as error:
        print(error, file=sys.stderr)
        sys.exit(INVALID_DATA)
