"""Revoked commits: read from their file, and found in the lineage of what is to serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
            found[entry["commit"]] = Revocation(entry["commit"], entry["reason"], entry["owner"], day, place)
    return tuple(found.values()), tuple(problems)


def refusals(lock: Lock, revoked: Iterable[Revocation]) -> Iterator[tuple[Revocation, str]]:
    """Every revocation that hits the model of `lock`, with the sentence that says how."""
    ancestors = _ancestors(lock)
    for revocation in revoked:
        since = f"which is revoked since {revocation.date} ({revocation.owner}): {revocation.reason}"
        if revocation.commit == lock.commit:
            yield revocation, f"serves the model commit {lock.commit}, {since}"
        elif (ancestor := ancestors.get(revocation.commit)) is not None:
            yield revocation, f"serves {lock.commit}, made from {ancestor}, {since}"


def _ancestors(lock: Lock) -> Mapping[CommitId, str]:
    """What the model was made from, in words: also what its card names and the lineage leaves out."""
    card = lock.evidence.get("card", {})
    told = {key: card[key].get("commit") for key in DATA if isinstance(card.get(key), Mapping)}
    named = {
        commit: f"{commit}, the {key.replace('_', ' ')} of its card"
        for key, commit in told.items()
        if isinstance(commit, str)
    }
    return named | {each.commit: f"{each.repo}@{each.commit}" for each in lock.lineage}


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
