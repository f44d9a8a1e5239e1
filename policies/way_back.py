"""ROLL-001: There is a way back.

When a model misbehaves there is no time to find out that the one before cannot serve any more. So the
model that served before has to be one that may serve again: its lock is still here, it reads the same
columns, and it is not revoked. A first model has nothing to go back to, and a release whose every earlier
model is revoked is told so, mildly: its way back is to be taken out of service.

Whether Pachyderm still holds the files is asked by `releasectl prove-revert`, which no file can answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from releasectl.features import differences
from releasectl.model import CommitId, Lock, Missing
from releasectl.policy import (
    NONE,
    PRESENT,
    Case,
    Limit,
    Need,
    Remedy,
    Rule,
    Seen,
    Severity,
    Strictness,
)
from releasectl.policy.authorities import COMPANY
from releasectl.revocation import refusals

RULE = Rule(
    id="ROLL-001",
    title="There is a way back",
    severity=Severity.MEDIUM,
    default=Strictness.DENY,
    needs=(Need.HISTORY, Need.LOCK),
    remedy=Remedy(
        "restore the lock of the earlier model from git, or release a model that reads the columns of "
        "the one before",
        before="# releases/models/ without the lock of the model that served before",
        after="# git checkout HEAD~1 -- releases/models/<commit>.yaml",
    ),
    authority=(COMPANY,),
    owner="platform",
)


NOT_REVOKED: Final = Limit("one that is not revoked", bool)


def judge(case: Case) -> Iterator[Seen]:
    what = "the model to go back to"
    if isinstance(case.timeline, Missing):
        yield Seen("/model", what, case.timeline, PRESENT)
        return
    earlier = _earlier(case)
    if not earlier:
        yield Seen("/model", what, "none: this is the first", PRESENT)
        return
    usable = [commit for commit in earlier if not _revoked(case, commit)]
    yield Seen("/model", what, usable[:1], NOT_REVOKED, mild=True)
    if usable:
        lock = case.known.get(usable[0])
        absent = [] if lock else [usable[0]]
        yield Seen("/model", "models to go back to that have no lock any more", absent, NONE)
        found = list(differences(lock.features, case.locks[0].features)) if lock else []
        yield Seen("/model", f"what keeps requests from going back to {usable[0][:12]}", found, NONE)


def _earlier(case: Case) -> list[CommitId]:
    """The latest first, each once."""
    assert not isinstance(case.timeline, Missing)
    models = [stage.model for stage in reversed(case.timeline) if stage.model != case.release.model]
    return list(dict.fromkeys(models))


def _revoked(case: Case, commit: CommitId) -> bool:
    lock = case.known.get(commit)
    if isinstance(lock, Lock):
        return next(refusals(lock, case.revoked), None) is not None
    return any(commit == each.commit or commit in each.models for each in case.revoked)
