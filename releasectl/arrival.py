"""How a model came into a release: the models that served before it, and the trial that led to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from releasectl.model import CommitId
from releasectl.policy import Stage


@dataclass(frozen=True, slots=True)
class Arrival:
    """`before` are the models that served until `at`, the latest first, each once; `trial` may be empty."""

    at: datetime
    before: tuple[CommitId, ...]
    trial: tuple[Stage, ...]


def arrival(timeline: Sequence[Stage], commit: CommitId) -> Arrival:
    """Of a candidate its trial so far; of the model how it came to serve.

    It may have come several times. What comes back at once, after a rollback, is no challenger: the last
    trial that ended in its service counts, or that it came without any. One broken off led nowhere.
    """
    if timeline[-1].model != commit:
        return _at(timeline, len(timeline), commit)
    came = [
        _at(timeline, index, commit)
        for index, stage in enumerate(timeline)
        if stage.model == commit and (index == 0 or timeline[index - 1].model != commit)
    ]
    if not came[0].before:
        return came[0]
    return next((each for each in reversed(came) if each.trial), came[0])


def _at(timeline: Sequence[Stage], end: int, commit: CommitId) -> Arrival:
    past = timeline[:end]
    models = (stage.model for stage in reversed(past) if stage.model != commit)
    since = timeline[min(end, len(timeline) - 1)].at
    return Arrival(since, tuple(dict.fromkeys(models)), tuple(_trial(past, commit))[::-1])


def _trial(past: Sequence[Stage], commit: CommitId) -> Iterator[Stage]:
    """Backwards: as long as it was tried beside one and the same model, or had served already."""
    beside: CommitId | None = None
    for stage in reversed(past):
        if stage.model == commit:
            continue
        if stage.strategy.candidate != commit or beside not in (None, stage.model):
            return
        beside = stage.model
        yield stage
