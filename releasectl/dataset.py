"""A dataset file -> a commit on a side branch, where it triggers nothing; and the commits there are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from releasectl import csvfile
from releasectl.errors import InvalidInput
from releasectl.model import CommitId, Missing
from releasectl.ports import CommitState, VersionedData
from releasectl.yamlsource import span

ARRIVALS = "incoming"  # the branch of a training repository that no pipeline reads
TRAINING_FILE = "/data.csv"


@dataclass(frozen=True, slots=True)
class Pushed:
    """The commit that holds the file; `new` is False when an earlier commit already held the same bytes."""

    repo: str
    branch: str
    commit: CommitId
    path: str
    size: int
    rows: int
    new: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A commit of a data repository, the branches whose head it is, and how many bytes it holds."""

    state: CommitState
    branches: tuple[str, ...]
    size: int


def push(data: VersionedData, file: Path, *, repo: str, branch: str, path: str) -> Pushed:
    """One commit with exactly this file; the same bytes again give the commit of the branch that has them."""
    content = _read(file)
    digest = hashlib.sha256(content).hexdigest()
    rows = content.rstrip(b"\r\n").count(b"\n")  # the first line is the header
    for state in data.commits(repo) if repo in data.repos() else ():
        usable = state.branch == branch and state.finished and not state.error
        if usable and _holds(data, state, path, len(content), digest):
            return Pushed(repo, state.branch, state.commit, path, len(content), rows, new=False)
    commit = data.put(repo, branch, {path: content}, f"{file.name}: {rows:,} rows")
    return Pushed(repo, branch, commit, path, len(content), rows, new=True)


def listed(data: VersionedData, repo: str) -> Iterator[Listed]:
    """Every commit of `repo`, newest first."""
    branches = data.branches(repo)
    if isinstance(branches, Missing):
        known = ", ".join(data.repos()) or "none yet: `releasectl data push FILE` makes one"
        raise InvalidInput.at(repo, "no such repository", f"name one of: {known}")
    for state in data.commits(repo):
        heads = tuple(sorted(name for name, head in branches.items() if head == state.commit))
        sizes = data.sizes(repo, state.commit) if state.finished else {}
        yield Listed(state, heads, sum(sizes.values()))


def training_text(text: str, commit: CommitId) -> str:
    """training.yaml naming another commit; everything else in it stays as people wrote it."""
    place = span(text, "/commit")
    if place is None:
        raise InvalidInput.at(
            "training.yaml", "the field `commit` is missing", "add `commit:` with any commit"
        )
    return text[: place[0]] + commit + text[place[1] :]


def _holds(data: VersionedData, state: CommitState, path: str, size: int, digest: str) -> bool:
    """Only what has the right size is read."""
    if data.sizes(state.repo, state.commit) != {path: size}:
        return False
    return [file.sha256 for file in data.files(state.repo, state.commit)] == [digest]


def _read(file: Path) -> bytes:
    content = csvfile.content(file)
    if not content.strip():
        raise InvalidInput.at(file, "is empty", "give a CSV file with a header and rows")
    return content
