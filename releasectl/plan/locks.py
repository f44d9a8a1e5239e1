"""Compares a model lock with what Pachyderm holds now: the commit, where it came from, every file, and what
these say of features and evidence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from textwrap import shorten

from releasectl.ahead import Ahead
from releasectl.errors import Problem
from releasectl.evidence import KINDS
from releasectl.fields import FieldChange, diff
from releasectl.gather import SCHEMA, contents
from releasectl.model import CommitId, Json, Lock, Missing, Release, ServedFile, Upstream
from releasectl.ports import CommitState, VersionedData

_REMEDY = "never edit a lock: write it again with `releasectl release`, or find out who changed Pachyderm"


def missing_locks(release: Release, locks: Mapping[CommitId, Lock]) -> Iterator[Problem]:
    """A problem for each commit of `release` that has no lock."""
    for pointer, commit in zip(("/model", "/strategy/candidate"), release.commits, strict=False):
        if commit not in locks:
            what = f"model commit {commit} has no lock releases/models/{commit}.yaml"
            command = f"releasectl release {release.name} --env {release.environment} --commit {commit}"
            yield Problem(str(release.source.place(pointer)), what, f"write it with `{command}`")


def commit_problems(lock: Lock, data: VersionedData) -> Iterator[Problem]:
    """Is the commit there, finished and sound, and made from what the lock says?"""
    state = data.commit(lock.repo, lock.commit)
    if isinstance(state, Missing) or state.commit != lock.commit:
        remedy = (
            "this model is gone, or from another cluster: release a commit that this Pachyderm has "
            "(README.md has the way from an empty cluster)"
        )
        yield Problem(
            _place(lock, "/commit"), f"Pachyderm has no commit {lock.commit} in {lock.repo}", remedy
        )
        return
    if not state.finished:
        what = f"commit {lock.commit} of {lock.repo} is not finished"
        yield Problem(_place(lock, "/commit"), what, "wait for its job: `releasectl apply pipelines`")
    elif state.error:
        what = f"commit {lock.commit} of {lock.repo} failed: {state.error}"
        yield Problem(_place(lock, "/commit"), what, "release a commit whose job succeeded")
    else:
        if state.branch != lock.branch:
            what = f"commit {lock.commit} is one of branch {state.branch}, the lock says {lock.branch}"
            yield Problem(_place(lock, "/branch"), what, _REMEDY)
        yield from _lineage_problems(lock, data.lineage(lock.repo, lock.commit))


def file_problems(lock: Lock, data: VersionedData) -> Iterator[Problem]:
    """Has every file the size and the sha256 of the lock, and is there none beside them?"""
    live = {file.path: file for file in data.files(lock.repo, lock.commit, lock.path)}
    for index, wanted in enumerate(lock.files):
        if (found := live.pop(wanted.path, None)) != wanted:
            yield Problem(_place(lock, f"/files/{index}"), _file_difference(wanted, found), _REMEDY)
    for path in live:
        what = f"{path} is in Pachyderm's commit and not in the lock"
        yield Problem(_place(lock, "/files"), what, _REMEDY)


def content_problems(lock: Lock, data: VersionedData) -> Iterator[Problem]:
    """Do features and evidence say what the commit's own files say, which are those of the lock?"""
    commit = CommitState(lock.repo, lock.branch, lock.commit, finished=True, error="")
    features, evidence = contents(data, commit, lock.path, {file.path for file in lock.files})
    for change in diff(lock.features, features):
        yield _content_difference(lock, "/features", SCHEMA, change)
    for change in diff(dict(lock.evidence), evidence):
        kind, _, field = change.path.partition(".")
        file = f"evidence/{KINDS.get(kind, kind)}"
        yield _content_difference(lock, f"/evidence/{kind}", file, FieldChange(field, change.old, change.new))


def lock_problems(lock: Lock, data: VersionedData) -> tuple[Problem, ...]:
    """Every difference; the files are read only where the commit itself is sound, and what they say is told
    only where they are those of the lock.
    """
    if found := tuple(commit_problems(lock, data)):
        return found
    said = Ahead(lambda: tuple(content_problems(lock, data)))
    return tuple(file_problems(lock, data)) or said.result()


def _content_difference(lock: Lock, pointer: str, file: str, change: FieldChange) -> Problem:
    steps = change.path.replace("[", "/").replace("]", "").replace(".", "/")
    field = f"{file} {steps}" if steps else file
    what = f"{field}: the lock says {_value(change.old)}, Pachyderm's file {_value(change.new)}"
    return Problem(_place(lock, f"{pointer}/{steps}" if steps else pointer), what, _REMEDY)


def _value(value: Json | Missing) -> str:
    return "nothing" if isinstance(value, Missing) else shorten(json.dumps(value), 60, placeholder=" ...")


def _file_difference(wanted: ServedFile, found: ServedFile | None) -> str:
    if found is None:
        return f"{wanted.path} is in the lock and not in Pachyderm's commit"
    if found.size != wanted.size:
        return f"{wanted.path} has {found.size} bytes in Pachyderm, {wanted.size} in the lock"
    return f"{wanted.path} has sha256 {found.sha256} in Pachyderm, {wanted.sha256} in the lock"


def _lineage_problems(lock: Lock, found: tuple[Upstream, ...]) -> Iterator[Problem]:
    live = {(upstream.repo, upstream.commit): upstream for upstream in found}
    for index, wanted in enumerate(lock.lineage):
        other = live.pop((wanted.repo, wanted.commit), None)
        if other is None:
            what = f"{wanted.repo}@{wanted.commit} is in the lock's lineage and not in Pachyderm's"
            yield Problem(_place(lock, f"/lineage/{index}"), what, _REMEDY)
        elif other != wanted:
            what = (
                f"{wanted.repo}@{wanted.commit} was made by {_maker(other)}, the lock says {_maker(wanted)}"
            )
            yield Problem(_place(lock, f"/lineage/{index}"), what, _REMEDY)
    for repo, commit in live:
        what = f"{repo}@{commit} is in Pachyderm's lineage and not in the lock's"
        yield Problem(_place(lock, "/lineage"), what, _REMEDY)


def _maker(upstream: Upstream) -> str:
    made = upstream.pipeline
    who = "a person" if made is None else f"{made.name} version {made.version} ({made.image})"
    return f"{who} on branch {upstream.branch}"


def _place(lock: Lock, pointer: str) -> str:
    return str(lock.source.place(pointer)) if lock.source else f"releases/models/{lock.commit}.yaml"
