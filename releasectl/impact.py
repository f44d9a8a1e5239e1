"""Which releases, live or past, descend from a commit: by the files, by git's history and by the records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

from releasectl import formats, ledger
from releasectl.errors import BackendUnreachable, InvalidInput, PlatformRefused
from releasectl.gather import REPO, gathered_in
from releasectl.githistory import GitCommit, log, require_repository, touched
from releasectl.history.periods import served
from releasectl.history.sources import gather
from releasectl.history.values import Period
from releasectl.ledger import Record
from releasectl.model import CommitId, Lock, Missing, Repository, Revocation, Upstream
from releasectl.past import Standing, lock_of, standings, target_of
from releasectl.ports import VersionedData
from releasectl.render import specs


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


@dataclass(slots=True)
class _Sighting:
    """One model of one release, in whatever source it was seen."""

    target: str
    model: CommitId
    role: Literal["model", "candidate"]
    now: bool = False
    released: GitCommit | None = None


def impact(root: Path, repository: Repository, reference: str, data: Mapping[str, VersionedData]) -> Impact:
    """`reference` is a commit or how a known one begins, or repo@commit; `data` is the Pachyderm of each
    environment.
    """
    require_repository(root)
    reference = _begun(reference)
    records, unread = _records(data)
    sightings = _merged([*_present(repository), *_past(root), *_recorded(records)])
    repos = cache(lambda: _gathering(repository))  # where no lock tells: jsonnet takes its time
    ancestries = [_ancestry(root, repository, sighting, data, repos) for sighting in sightings]
    commit = _commit(reference, _known(repository, sightings, ancestries))
    affected, unknown = [], []
    periods: dict[str, tuple[Period, ...]] = {}  # of each release that is affected, read once
    for sighting, ancestry in zip(sightings, ancestries, strict=True):
        if isinstance(ancestry, Missing):
            unknown.append(Unknown(sighting.target, sighting.model, ancestry.reason))
        for upstream in () if isinstance(ancestry, Missing) else ancestry:
            if upstream.commit == commit:
                if sighting.target not in periods:
                    periods[sighting.target] = _periods(root, sighting.target, data)
                affected.append(_affected(sighting, upstream, periods[sighting.target]))
                break
    dags = repository.dags.values()
    revoked = {each.commit: each for each in repository.revoked}
    return Impact(
        commit=commit,
        revocation=revoked.get(commit, Missing("it is not revoked")),
        affected=tuple(sorted(affected, key=lambda each: (not each.now, each.target, _first(each)))),
        unknown=tuple(unknown),
        training=tuple(dag.training.source.file for dag in dags if dag.training.commit == commit),
        unread=unread,
    )


def _begun(reference: str) -> str:
    """At least the first digits of a commit, before anything is asked for."""
    commit = reference.rpartition("@")[2]
    if re.fullmatch("[0-9a-f]{8,32}", commit):
        return commit
    what, remedy = formats.commit(commit)
    few = re.fullmatch("[0-9a-f]{1,7}", commit)
    raise InvalidInput.at("COMMIT", what, "write the first 8 of them, or more" if few else remedy)


def _commit(begun: str, known: Iterable[CommitId]) -> CommitId:
    commit = formats.in_full("COMMIT", begun, known)
    if len(commit) == 32:
        return commit
    what = f"no commit that the files, git's history or the records know begins with {begun}"
    raise InvalidInput.at(
        "COMMIT", what, "write all 32 digits: then the answer is that nothing descends from it"
    )


def _known(
    repository: Repository,
    sightings: Iterable[_Sighting],
    ancestries: Iterable[tuple[Upstream, ...] | Missing],
) -> Iterator[CommitId]:
    """Every commit that a person can have read of in a report."""
    yield from (sighting.model for sighting in sightings)
    yield from (each.commit for each in repository.revoked)
    yield from (dag.training.commit for dag in repository.dags.values())
    for ancestry in ancestries:
        yield from () if isinstance(ancestry, Missing) else (upstream.commit for upstream in ancestry)


def _present(repository: Repository) -> Iterator[_Sighting]:
    for release in repository.releases:
        target = f"{release.environment}/{release.name}"
        yield _Sighting(target, release.model, "model", now=True)
        if release.strategy.candidate is not None:
            yield _Sighting(target, release.strategy.candidate, "candidate", now=True)


def _past(root: Path) -> Iterator[_Sighting]:
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


def _of_standing(target: str, standing: Standing | Missing) -> Iterator[_Sighting]:
    if not isinstance(standing, Missing):
        yield _Sighting(target, standing.model, "model")
        if standing.strategy.candidate is not None:
            yield _Sighting(target, standing.strategy.candidate, "candidate")


def _records(data: Mapping[str, VersionedData]) -> tuple[tuple[Record, ...], tuple[Missing, ...]]:
    found: list[Record] = []
    unread: list[Missing] = []
    for environment, each in data.items():
        try:
            found += ledger.history(each, environment)
        except (BackendUnreachable, PlatformRefused) as error:
            unread.append(Missing(f"the records of {environment} cannot be read: {error.problems[0].what}"))
    return tuple(found), tuple(unread)


def _recorded(records: Iterable[Record]) -> Iterator[_Sighting]:
    for record in records:
        for name, model in record.models.items():
            target = f"{record.target}/{name}"
            yield _Sighting(target, model, "model")
            candidate = (record.strategies.get(name) or {}).get("candidate")
            if candidate:
                yield _Sighting(target, str(candidate), "candidate")


def _merged(sightings: Iterable[_Sighting]) -> tuple[_Sighting, ...]:
    found: dict[tuple[str, CommitId, str], _Sighting] = {}
    for each in sightings:
        first = found.setdefault((each.target, each.model, each.role), each)
        if first is not each:
            first.now = first.now or each.now
            first.released = first.released or each.released
    return tuple(found.values())


def _ancestry(
    root: Path,
    repository: Repository,
    sighting: _Sighting,
    data: Mapping[str, VersionedData],
    repos: Callable[[], Iterable[str]],
) -> tuple[Upstream, ...] | Missing:
    """By its lock, as it is or as git remembers it; else by Pachyderm, if that still knows the commit."""
    lock: Lock | Missing = repository.locks.get(sighting.model) or lock_of(root, sighting.model)
    if not isinstance(lock, Missing):
        return lock.lineage
    each = data.get(sighting.target.partition("/")[0])
    if each is None:
        return lock
    try:
        for repo in repos():
            state = each.commit(repo, sighting.model)
            if not isinstance(state, Missing) and state.commit == sighting.model:
                return each.lineage(repo, sighting.model)
    except (BackendUnreachable, PlatformRefused) as error:
        return Missing(f"{lock.reason}, and Pachyderm: {error.problems[0].what}")
    return Missing(f"{lock.reason}, and Pachyderm does not know the commit")


def _gathering(repository: Repository) -> Iterable[str]:
    """Where models can have been gathered, by the DAGs of today."""
    made = specs(repository)
    return dict.fromkeys((REPO, *(gathered_in(made, dag) for dag in repository.dags)))


def _periods(root: Path, target: str, data: Mapping[str, VersionedData]) -> tuple[Period, ...]:
    each = data.get(target.partition("/")[0])
    return () if each is None else tuple(served(gather(root, target, each)))


def _affected(sighting: _Sighting, upstream: Upstream, periods: Iterable[Period]) -> Affected:
    return Affected(
        target=sighting.target,
        model=sighting.model,
        role=sighting.role,
        via=upstream,
        now=sighting.now,
        released=sighting.released or Missing("no commit of this history released it"),
        served=tuple(
            Span(period.since, period.until)
            for period in periods
            if _role_in(period, sighting.model) == sighting.role
        ),
    )


def _role_in(period: Period, model: CommitId) -> str:
    strategy = period.strategy
    trial = None if isinstance(strategy, Missing) else strategy.candidate
    return "model" if period.model == model else "candidate" if trial == model else ""


def _first(affected: Affected) -> str:
    released = affected.released
    return "" if isinstance(released, Missing) else released.committed.isoformat()
