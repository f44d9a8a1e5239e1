"""What verification says: a verdict and its evidence for every link of every chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from releasectl.errors import BackendUnreachable, NotLookedAt, PendingChanges, PlatformRefused, Problem


class Verdict(StrEnum):
    """Of one link; a link that could not be looked at is unknown."""

    MATCHED = "matched"
    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Link:
    """One comparison; `detail` says what was seen."""

    name: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The links of one release or one pipeline, in the order in which trust travels."""

    subject: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """`exit_code`: one contradiction is drift; a link that could not be seen is no match either."""

    target: str
    chains: tuple[Chain, ...]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Those of all links."""
        return tuple(link.verdict for chain in self.chains for link in chain.links)

    @property
    def exit_code(self) -> int:
        """0 only if every link matched."""
        if Verdict.CONTRADICTED in self.verdicts:
            return PendingChanges.exit_code
        return BackendUnreachable.exit_code if Verdict.UNKNOWN in self.verdicts else 0


Seen = tuple[Verdict, str]
SHOWN = 5  # problems of one link


def look(name: str, check: Callable[[], Seen]) -> Link:
    """A check as a link: no answer leaves it unknown, as does one that tells of the server alone, a refusal
    contradicts it. No link hides another.
    """
    try:
        return Link(name, *check())
    except (BackendUnreachable, NotLookedAt) as error:
        return Link(name, Verdict.UNKNOWN, error.problems[0].what)
    except PlatformRefused as error:
        return Link(name, Verdict.CONTRADICTED, f"{error.problems[0].where}: {error.problems[0].what}")


def matched(detail: str) -> Seen:
    """The link holds; `detail` says what was seen."""
    return Verdict.MATCHED, detail


def contradicted(detail: str) -> Seen:
    """What was seen is not what should be there."""
    return Verdict.CONTRADICTED, detail


def unknown(detail: str) -> Seen:
    """Nothing could be seen, for the reason in `detail`."""
    return Verdict.UNKNOWN, detail


def unless(problems: Iterable[Problem], detail: str) -> Seen:
    """Matched with `detail`, or contradicted by the problems, the first of them in words."""
    found = [problem.what for problem in problems]
    rest = [f"and {len(found) - SHOWN} more, all named by `releasectl plan`"] if len(found) > SHOWN else []
    return contradicted("; ".join(found[:SHOWN] + rest)) if found else matched(detail)
