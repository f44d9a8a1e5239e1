"""Revoked commits: read from their file, and found in the lineage of what is to serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from releasectl.errors import Problem
from releasectl.model import CommitId, Dag, Lock, Release, Revocation, Source

FILE = "releases/revoked.yaml"
MODEL, CANDIDATE = "/model", "/strategy/candidate"  # where a release names them
DATA = ("training_data", "holdout")  # of a card: the data that it names by their commits
EASTERNMOST = timedelta(hours=14)  # no clock on earth is further ahead of UTC


def read_revocations(source: Source, now: datetime) -> tuple[tuple[Revocation, ...], tuple[Problem, ...]]:
    """Out of a file that has passed its schema: the sound entries, and what is wrong with the others."""
    found: dict[CommitId, Revocation] = {}
    problems: list[Problem] = []
    for index, entry in enumerate(source.data["revoked"]):
        pointer = f"/revoked/{index}"
        place, day = source.place(f"{pointer}/commit"), _day(entry["date"])
        where = str(source.place(f"{pointer}/date"))
        if day is None:
            what = f"`date`: {entry['date']} is no day of the calendar"
            problems.append(Problem(where, what, "write the day of the decision, as in 2026-11-24"))
        elif day > (now + EASTERNMOST).date():
            what = f"`date`: {entry['date']} is in the future"
            remedy = "a revocation holds at once: write the day on which it was decided"
            problems.append(Problem(where, what, remedy))
        elif (first := found.get(entry["commit"])) is not None:
            what = f"{entry['commit']} is revoked already, at {first.place}"
            problems.append(Problem(str(place), what, "keep the first entry, and add to its reason"))
        else:
            commit, sha256 = entry["commit"], entry.get("sha256", "")
            found[commit] = Revocation(commit, entry["reason"], entry["owner"], day, place, sha256)
    return tuple(found.values()), tuple(problems)


def traced(revoked: Sequence[Revocation], locks: Iterable[Lock]) -> tuple[Revocation, ...]:
    """With the digests that cards give of revoked datasets, as who uploads one again gets another commit, and
    with the models that are hit.
    """
    known = list(locks) if revoked else []
    digests = {each.commit: {each.sha256, *each.digests} for each in revoked}
    for lock in known:
        for commit, digest, _ in data_of(lock):
            if commit in digests:
                digests[commit].add(digest)
    told = [replace(each, digests=frozenset(digests[each.commit] - {""})) for each in revoked]
    models = {each.commit: set(each.models) for each in told}
    for lock in known:
        for hit, _ in refusals(lock, told):
            models[hit.commit].add(lock.commit)
    return tuple(replace(each, models=frozenset(models[each.commit])) for each in told)


def merged(before: Sequence[Revocation], now: Sequence[Revocation]) -> tuple[Revocation, ...]:
    """What was revoked before stays so, whatever the files say now; they may say why in other words."""
    known = {each.commit: each for each in before}
    told = [_with(each, known.get(each.commit, each)) for each in now]
    return tuple({each.commit: each for each in (*before, *told)}.values())


def _with(told: Revocation, known: Revocation) -> Revocation:
    return replace(told, digests=told.digests | known.digests, models=told.models | known.models)


def refusals(lock: Lock, revoked: Iterable[Revocation]) -> Iterator[tuple[Revocation, str]]:
    """Every revocation that hits the model of `lock`, with the sentence that says how."""
    data = list(data_of(lock))
    ancestors = {commit: f"{commit}, {what}" for commit, _, what in data}
    ancestors |= {each.commit: f"{each.repo}@{each.commit}" for each in lock.lineage}
    for revocation in revoked:
        since = f"revoked since {revocation.date} ({revocation.owner}): {revocation.reason}"
        if revocation.commit == lock.commit:
            yield revocation, f"serves the model commit {lock.commit}, which is {since}"
        elif (ancestor := ancestors.get(revocation.commit)) is not None:
            yield revocation, f"serves {lock.commit}, made from {ancestor}, which is {since}"
        elif again := [f"{commit}, {what}" for commit, digest, what in data if digest in revocation.digests]:
            same = f"the same bytes as {revocation.commit}, which is {since}"
            yield revocation, f"serves {lock.commit}, made from {again[0]}: {same}"


def data_of(lock: Lock) -> Iterator[tuple[CommitId, str, str]]:
    """The datasets that its card names, which the lineage may leave out: commit, digest, and what it is."""
    card = lock.evidence.get("card", {})
    for key in DATA:
        told = card.get(key)
        if isinstance(told, Mapping) and isinstance(commit := told.get("commit"), str):
            yield commit, str(told.get("sha256", "")), f"the {key.replace('_', ' ')} of its card"


def remedy(revocation: Revocation, release: Release, pointer: str) -> str:
    """A candidate is taken off by the end of its trial: the model beside it is sound."""
    if pointer == CANDIDATE:
        way = f"end its trial: `releasectl abort {release.environment}/{release.name}`"
    else:
        way = (
            "serve a model that does not descend from it: revert the release, or `releasectl release` "
            "another commit"
        )
    return f"{way}; `releasectl impact {revocation.commit}` lists what is affected"


def release_problems(
    releases: Iterable[Release], locks: Mapping[CommitId, Lock], revoked: Sequence[Revocation]
) -> Iterator[Problem]:
    """What must not serve; a commit without a lock is told elsewhere."""
    for release in releases:
        for pointer, commit in zip((MODEL, CANDIDATE), release.commits, strict=False):
            for revocation, sentence in refusals(locks[commit], revoked) if commit in locks else ():
                yield Problem(
                    str(release.source.place(pointer)), sentence, remedy(revocation, release, pointer)
                )


def training_problems(dags: Iterable[Dag], revoked: Sequence[Revocation]) -> Iterator[Problem]:
    """A revoked dataset that still trains would make more of what must not serve."""
    by_commit = {revocation.commit: revocation for revocation in revoked}
    for dag in dags:
        if (hit := by_commit.get(dag.training.commit)) is not None:
            where = str(dag.training.source.place("/commit"))
            dataset = f"{dag.training.repo}@{dag.training.commit}"
            what = f"trains on {dataset}, which is revoked since {hit.date} ({hit.owner}): {hit.reason}"
            yield Problem(where, what, "name another dataset commit: `releasectl data list` shows them")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
