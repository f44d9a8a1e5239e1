"""Since when the present stage of a trial is deployed, by the records of applies."""

from __future__ import annotations

from datetime import datetime

from releasectl import ledger
from releasectl.model import Missing, Release
from releasectl.past import strategy_of
from releasectl.ports import VersionedData


def begun(data: VersionedData, release: Release) -> datetime | None:
    """The end of the apply that brought it; None where no record tells.

    Another share of a canary is no other stage: the same two models answer, each its own requests.
    """
    present = release.model, release.strategy.type, release.strategy.candidate
    since: datetime | None = None
    for record in ledger.records(data, release.environment):
        if record.result != "applied" or release.name not in record.models:
            continue
        strategy = strategy_of(record.strategies.get(release.name))
        if (record.models[release.name], strategy.type, strategy.candidate) != present:
            break
        since = record.started if isinstance(record.finished, Missing) else record.finished
    return since
