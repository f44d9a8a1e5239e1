"""Which releases, live or past, descend from a commit: by the files, by git's history and by the records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from releasectl import formats, ledger
from releasectl.errors import BackendUnreachable, PlatformRefused, UsageError
from releasectl.githistory import require_repository
from releasectl.history.periods import served
from releasectl.history.sources import gather
from releasectl.history.values import Period
from releasectl.impact.ancestry import ancestry, gathering
from releasectl.impact.sightings import Sighting, sightings
from releasectl.impact.values import Affected, Impact, Span, Unknown
from releasectl.ledger import Record
from releasectl.model import CommitId, Missing, Repository, Upstream
from releasectl.ports import VersionedData


def impact(root: Path, repository: Repository, reference: str, data: Mapping[str, VersionedData]) -> Impact:
    """`reference` is a commit or how a known one begins, or repo@commit; `data` is the Pachyderm of each
    environment.
    """
    require_repository(root)
    reference = _begun(reference)
    records, unread = _records(data)
    seen = sightings(root, repository, records)
    repos = cache(lambda: gathering(repository))  # where no lock tells: jsonnet takes its time
    ancestries = [ancestry(root, repository, sighting, data, repos) for sighting in seen]
    commit = _commit(reference, _known(repository, seen, ancestries))
    affected, unknown = [], []
    periods: dict[str, tuple[Period, ...]] = {}  # of each release that is affected, read once
    for sighting, lineage in zip(seen, ancestries, strict=True):
        if isinstance(lineage, Missing):
            unknown.append(Unknown(sighting.target, sighting.model, lineage.reason))
        for upstream in () if isinstance(lineage, Missing) else lineage:
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
    what, _ = formats.commit(commit)
    raise UsageError.at("COMMIT", what, "write its first 8 digits, out of 0-9 and a-f, or more")


def _commit(begun: str, known: Iterable[CommitId]) -> CommitId:
    commit = formats.in_full("COMMIT", begun, known)
    if len(commit) == 32:
        return commit
    what = f"no commit that the files, git's history or the records know begins with {begun}"
    raise UsageError.at(
        "COMMIT", what, "write all 32 digits: then the answer is that nothing descends from it"
    )


def _known(
    repository: Repository,
    seen: Iterable[Sighting],
    ancestries: Iterable[tuple[Upstream, ...] | Missing],
) -> Iterator[CommitId]:
    """Every commit that a person can have read of in a report."""
    yield from (sighting.model for sighting in seen)
    yield from (each.commit for each in repository.revoked)
    yield from (dag.training.commit for dag in repository.dags.values())
    for lineage in ancestries:
        yield from () if isinstance(lineage, Missing) else (upstream.commit for upstream in lineage)


def _records(data: Mapping[str, VersionedData]) -> tuple[tuple[Record, ...], tuple[Missing, ...]]:
    found: list[Record] = []
    unread: list[Missing] = []
    for environment, each in data.items():
        try:
            found += ledger.history(each, environment)
        except (BackendUnreachable, PlatformRefused) as error:
            unread.append(Missing(f"the records of {environment} cannot be read: {error.problems[0].what}"))
    return tuple(found), tuple(unread)


def _periods(root: Path, target: str, data: Mapping[str, VersionedData]) -> tuple[Period, ...]:
    each = data.get(target.partition("/")[0])
    return () if each is None else tuple(served(gather(root, target, each)))


def _affected(sighting: Sighting, upstream: Upstream, periods: Iterable[Period]) -> Affected:
    return Affected(
        target=sighting.target,
        model=sighting.model,
        role=sighting.role,
        via=upstream,
        now=sighting.now,
        released=sighting.released or Missing("no commit of this history released it"),
        served=_spans(period for period in periods if _role_in(period, sighting.model) == sighting.role),
    )


def _spans(periods: Iterable[Period]) -> tuple[Span, ...]:
    """Periods that follow each other are one: a trial beside a model does not interrupt it."""
    found: list[Span] = []
    for period in periods:
        if found and found[-1].until == period.since:
            found[-1] = Span(found[-1].since, period.until)
        else:
            found.append(Span(period.since, period.until))
    return tuple(found)


def _role_in(period: Period, model: CommitId) -> str:
    strategy = period.strategy
    trial = None if isinstance(strategy, Missing) else strategy.candidate
    return "model" if period.model == model else "candidate" if trial == model else ""


def _first(affected: Affected) -> str:
    released = affected.released
    return "" if isinstance(released, Missing) else released.committed.isoformat()
