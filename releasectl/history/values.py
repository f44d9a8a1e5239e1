"""The history of a release as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from releasectl.model import CommitId, Missing, Strategy
from releasectl.past import Standing, Version
from releasectl.trial import share

NOTHING = Missing("nothing served")


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` until `until` (now, if it is None) the release served `model` by `strategy`.

    `released` is the change in git that said so, `applied_by` who brought it to the cluster; `certain` is
    false where an apply did not get to its end.
    """

    since: datetime
    until: datetime | None
    model: CommitId | Missing
    strategy: Strategy | Missing
    datasets: Mapping[str, CommitId] | Missing
    released: Version | Missing
    applied_by: str | Missing
    record: str | Missing
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A point on which git and the records differ; `at` is when it began."""

    at: datetime
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class History:
    """Oldest first. Without records, `periods` are what git says should have served."""

    target: str
    at: datetime | None
    periods: tuple[Period, ...]
    disagreements: tuple[Disagreement, ...]
    records: int | Missing


def told(standing: Standing | Missing) -> str:
    """`5d0c2f3e6a1b with 9b1e4c07d2f8 by canary 10 %`"""
    if isinstance(standing, Missing):
        return "nothing"
    strategy = standing.strategy
    beside = "" if strategy.candidate is None else f" with {strategy.candidate[:12]} by {share(strategy)}"
    return f"{standing.model[:12]}{beside}"


def moment(at: datetime) -> str:
    """In UTC, whatever zone it was written in."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
