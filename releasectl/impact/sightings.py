"""Every model that a release names or named: by the files, by git's history, by the records of applies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from releasectl.githistory import GitCommit, log, touched
from releasectl.ledger import Record
from releasectl.model import CommitId, Missing, Repository
from releasectl.past import Standing, standings, target_of


@dataclass(slots=True)
class Sighting:
    """One model of one release, in whatever source it was seen."""

    target: str
    model: CommitId
    role: Literal["model", "candidate"]
    now: bool = False
    released: GitCommit | None = None


def sightings(root: Path, repository: Repository, records: Iterable[Record]) -> tuple[Sighting, ...]:
    """One for each model in a role of a release, wherever it was seen."""
    return _merged([*_present(repository), *_past(root), *_recorded(records)])


def _present(repository: Repository) -> Iterator[Sighting]:
    for release in repository.releases:
        target = f"{release.environment}/{release.name}"
        yield Sighting(target, release.model, "model", now=True)
        if release.strategy.candidate is not None:
            yield Sighting(target, release.strategy.candidate, "candidate", now=True)


def _past(root: Path) -> Iterator[Sighting]:
    """Every state of every release file in the history of HEAD, oldest first."""
    by_id = {commit.id: commit for commit in log(root, "releases")}
    wanted = [
        (commit, target)
        for commit, path in touched(root, "releases")
        if (target := target_of(path)) is not None
    ]
    for (commit, target), standing in standings(root, reversed(wanted)).items():
        for sighting in _of_standing(target, standing):
            sighting.released = by_id.get(commit)
            yield sighting


def _of_standing(target: str, standing: Standing | Missing) -> Iterator[Sighting]:
    if not isinstance(standing, Missing):
        yield Sighting(target, standing.model, "model")
        if standing.strategy.candidate is not None:
            yield Sighting(target, standing.strategy.candidate, "candidate")


def _recorded(records: Iterable[Record]) -> Iterator[Sighting]:
    for record in records:
        for name, model in record.models.items():
            target = f"{record.target}/{name}"
            yield Sighting(target, model, "model")
            candidate = (record.strategies.get(name) or {}).get("candidate")
            if candidate:
                yield Sighting(target, str(candidate), "candidate")


def _merged(sightings: Iterable[Sighting]) -> tuple[Sighting, ...]:
    found: dict[tuple[str, CommitId, str], Sighting] = {}
    for each in sightings:
        first = found.setdefault((each.target, each.model, each.role), each)
        if first is not each:
            first.now = first.now or each.now
            first.released = first.released or each.released
    return tuple(found.values())
