"""What served when: the records of applies tell it, git tells what should have, and where the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from releasectl.errors import UsageError
from releasectl.githistory import require_repository
from releasectl.history.disagreements import disagreements
from releasectl.history.periods import intended, served
from releasectl.history.sources import gather
from releasectl.history.values import Disagreement, History, Period
from releasectl.model import CommitId, Missing
from releasectl.past import lock_of
from releasectl.ports import VersionedData


def history(
    root: Path, target: str, data: VersionedData, *, now: datetime, at: datetime | None = None
) -> History:
    """`target` is environment/name; with `at`, only what served at that moment."""
    require_repository(root)
    if at is not None and at > now:
        raise UsageError.at(f"--at {at.isoformat()}", "is in the future", "name a moment that has passed")
    sources = gather(root, target, data)
    concerned = [record for record in sources.records if sources.concerns(record)]
    if not sources.known and not concerned:
        what = "no commit of this repository and no record of an apply names this release"
        raise UsageError.at(target, what, "name one as `releasectl status` does: environment/name")
    periods = tuple(served(sources)) if concerned else tuple(intended(sources))
    if at is not None:
        periods = tuple(
            each for each in periods if each.since <= at and (each.until is None or at < each.until)
        )
    models = {each.model for each in periods if isinstance(each.model, str)}
    datasets = {model: _datasets(root, model) for model in models}
    return History(
        target=target,
        at=at,
        periods=tuple(
            replace(each, datasets=each.model if isinstance(each.model, Missing) else datasets[each.model])
            for each in periods
        ),
        disagreements=tuple(each for each in disagreements(sources) if at is None or each.at <= at),
        records=sources.unread or len(concerned),
    )


def _datasets(root: Path, model: CommitId) -> Mapping[str, CommitId] | Missing:
    lock = lock_of(root, model)
    if isinstance(lock, Missing):
        return lock
    return {upstream.repo: upstream.commit for upstream in lock.lineage if upstream.pipeline is None}


__all__ = ["Disagreement", "History", "Period", "history"]
