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
    """The commit that holds the file; `new` is False when it was the head of the branch before."""

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
    """Make a commit with exactly this file the head of the branch, unless the head is such a commit.

    An older commit with these bytes does not count: who reads the branch reads its head.
    """
    content = _read(file)
    rows = content.rstrip(b"\r\n").count(b"\n")  # the first line is the header
    heads = data.branches(repo)
    head = None if isinstance(heads, Missing) else heads.get(branch)
    if head is not None and _holds(data, repo, head, path, content):
        return Pushed(repo, branch, head, path, len(content), rows, new=False)
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


def _holds(data: VersionedData, repo: str, commit: CommitId, path: str, content: bytes) -> bool:
    """Whether a sound commit holds this file and no other; only what has the right size is read."""
    state = data.commit(repo, commit)
    if isinstance(state, Missing) or not state.finished or state.error:
        return False
    if data.sizes(repo, commit) != {path: len(content)}:
        return False
    return [file.sha256 for file in data.files(repo, commit)] == [hashlib.sha256(content).hexdigest()]


def _read(file: Path) -> bytes:
    content = csvfile.content(file)
    if not content.strip():
        raise InvalidInput.at(file, "is empty", "give a CSV file with a header and rows")
    return content
