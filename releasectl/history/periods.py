"""From when to when the release served which model: by the records, or by git alone where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from releasectl.history.sources import Sources
from releasectl.history.values import NOTHING, Period
from releasectl.ledger import Record
from releasectl.model import CommitId, Missing, Strategy
from releasectl.past import Standing


def served(sources: Sources) -> Iterator[Period]:
    """One period for all applies in a row that left the release as it was."""
    current: Period | None = None
    for record in sources.records:
        found = _of(record, sources)
        if found is None or (current is not None and _same(current, found)):
            continue
        if current is not None:
            yield replace(current, until=found.since)
        current = found
    if current is not None:
        yield current


def intended(sources: Sources) -> Iterator[Period]:
    """As if every change had been applied at once."""
    unknown = sources.unread or Missing("no apply is recorded")
    ends = [*(version.commit.committed for version in sources.known[1:]), None]
    for version, until in zip(sources.known, ends, strict=True):
        model, strategy = _parts(version.standing)
        yield Period(
            since=version.commit.committed,
            until=until,
            model=model,
            strategy=strategy,
            datasets=NOTHING,
            released=version,
            applied_by=unknown,
            record=unknown,
            certain=False,
        )


def _of(record: Record, sources: Sources) -> Period | None:
    """What the release serves from this record on; None if the record changes nothing of it."""
    complete = record.result == "applied"
    if not (sources.concerns(record) if complete else sources.touched(record)):
        return None
    model, strategy = _parts(sources.recorded(record))
    return Period(
        since=record.started if isinstance(record.finished, Missing) else record.finished,
        until=None,
        model=model,
        strategy=strategy,
        datasets=NOTHING,
        released=sources.version_at(record),
        applied_by=record.author,
        record=record.path,
        certain=complete,
    )


def _parts(standing: Standing | Missing) -> tuple[CommitId | Missing, Strategy | Missing]:
    return (NOTHING, NOTHING) if isinstance(standing, Missing) else (standing.model, standing.strategy)


def _same(old: Period, new: Period) -> bool:
    return (old.model, old.strategy, old.certain) == (new.model, new.strategy, new.certain)
