"""What an inquiry into a commit finds: releases that descend from it, and models of which nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from releasectl.githistory import GitCommit
from releasectl.model import CommitId, Missing, Revocation, Upstream


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` until `until`; None is now."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Affected:
    """A release that serves, or once served, a model made from the commit.

    `via` is the commit in the lineage of `model`, `now` whether the files name it today; `released` is the
    first change in git that did, `served` from when to when the records say that it was on the cluster.
    """

    target: str
    model: CommitId
    role: Literal["model", "candidate"]
    via: Upstream
    now: bool
    released: GitCommit | Missing
    served: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A model that served and whose ancestors nobody can tell any more."""

    target: str
    model: CommitId
    reason: str


@dataclass(frozen=True, slots=True)
class Impact:
    """`unread` are the targets whose records could not be read; what they served is then not all told."""

    commit: CommitId
    revocation: Revocation | Missing
    affected: tuple[Affected, ...]
    unknown: tuple[Unknown, ...]
    training: tuple[str, ...]
    unread: tuple[Missing, ...]
