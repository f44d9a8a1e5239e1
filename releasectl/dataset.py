"""A dataset file -> a commit on a side branch, where it triggers nothing; and the commits there are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from releasectl import csvfile
from releasectl.compare.words import count
from releasectl.errors import InvalidInput, Problem, UsageError
from releasectl.letters import few, visible
from releasectl.model import CommitId, Json, Missing
from releasectl.ports import CommitState, VersionedData
from releasectl.repo import ENGINE
from releasectl.schema import Schema, schema
from releasectl.yamlsource import span

ARRIVALS = "incoming"  # the branch of a training repository that no pipeline reads
FORCE = "or push it as it is with --force"


@dataclass(frozen=True, slots=True)
class Pushed:
    """The commit that holds the file; `new` is False when it was the head of the branch before.

    `sha256` is what a model card calls the dataset by; `made` says that there was no such repository.
    """

    repo: str
    branch: str
    commit: CommitId
    path: str
    size: int
    rows: int
    new: bool
    sha256: str
    made: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A commit of a data repository, the branches whose head it is, and the files in it with their bytes."""

    state: CommitState
    branches: tuple[str, ...]
    files: Mapping[str, int]


def push(
    data: VersionedData, file: Path, *, repo: str, branch: str, path: str, row: Schema | None = None
) -> Pushed:
    """Make a commit with exactly this file the head of the branch, unless the head is such a commit.

    An older commit with these bytes does not count: who reads the branch reads its head. `row` is the schema
    of what the trainers read: what has another header, or no rows, is refused.
    """
    content = _read(file)
    rows = content.rstrip(b"\r\n").count(b"\n")  # the first line is the header
    if row is not None:
        InvalidInput.raise_if(_unlike(row, file, content, rows))
    digest = hashlib.sha256(content).hexdigest()
    heads = data.branches(repo)
    made = isinstance(heads, Missing)
    head = None if isinstance(heads, Missing) else heads.get(branch)
    if head is not None and _holds(data, repo, head, path, len(content), digest):
        return Pushed(repo, branch, head, path, len(content), rows, new=False, sha256=digest)
    commit = data.put(repo, branch, {path: content}, f"{file.name}: {count(rows, 'row')}")
    return Pushed(repo, branch, commit, path, len(content), rows, new=True, sha256=digest, made=made)


def files_read(specs: Iterable[Json], repo: str) -> tuple[str, ...]:
    """The files of a repository that pipelines name in their commands, by their paths in it."""
    begin = f"/pfs/{repo}/"
    words = (word for spec in specs for word in spec["transform"].get("cmd", ()))
    return tuple(sorted({f"/{word.removeprefix(begin)}" for word in words if word.startswith(begin)}))


def row_of(path: str) -> Schema | None:
    """What the trainers read a row of such a file by, if they told."""
    file = f"trainers/schemas/{PurePosixPath(path).stem}.schema.json"
    return schema(file) if PurePosixPath(path).suffix == ".csv" and (ENGINE / file).is_file() else None


def listed(data: VersionedData, repo: str) -> Iterator[Listed]:
    """Every commit of `repo`, newest first."""
    branches = data.branches(repo)
    if isinstance(branches, Missing):
        known = ", ".join(data.repos()) or "none yet: `releasectl data push FILE` makes one"
        raise UsageError.at(repo, "no such repository", f"name one of: {known}")
    for state in data.commits(repo):
        heads = tuple(sorted(name for name, head in branches.items() if head == state.commit))
        sizes = data.sizes(repo, state.commit) if state.finished else {}
        yield Listed(state, heads, sizes)


def training_text(text: str, commit: CommitId) -> str:
    """training.yaml naming another commit; everything else in it stays as people wrote it."""
    place = span(text, "/commit")
    if place is None:
        raise InvalidInput.at(
            "training.yaml", "the field `commit` is missing", "add `commit:` with any commit"
        )
    return text[: place[0]] + commit + text[place[1] :]


def _holds(data: VersionedData, repo: str, commit: CommitId, path: str, size: int, digest: str) -> bool:
    """Whether a sound commit holds this file and no other; only what has the right size is read."""
    state = data.commit(repo, commit)
    if isinstance(state, Missing) or not state.finished or state.error:
        return False
    if data.sizes(repo, commit) != {path: size}:
        return False
    return [file.sha256 for file in data.files(repo, commit)] == [digest]


def _unlike(row: Schema, file: Path, content: bytes, rows: int) -> Iterator[Problem]:
    """Why the trainers would not read it: by its first line, whether any follows, and of how many cells."""
    where, wanted, known = f"{file}:1", row["required"], row["properties"]
    remedy = f"give a CSV file with the columns {', '.join(wanted)}, {FORCE}"
    try:
        line = content.partition(b"\n")[0].decode("utf-8-sig")
    except UnicodeDecodeError:
        yield Problem(where, "is not UTF-8 text", remedy)
        return
    names = [name.strip().strip('"') for name in line.split(",")]
    if absent := [name for name in wanted if name not in names]:
        yield Problem(where, f"the header lacks {', '.join(absent)}", remedy)
    if strange := [name for name in names if name not in known]:
        yield Problem(where, f"the header has {_some(strange)}, which the trainers refuse", remedy)
    if repeated := sorted({name for name in names if names.count(name) > 1}, key=names.index):
        yield Problem(where, f"the header has {_some(repeated)} more than once", remedy)
    if not rows:
        yield Problem(where, "there is a header and no row", f"give rows, {FORCE}")
    yield from _ragged(file, content, len(names))


def _ragged(file: Path, content: bytes, width: int) -> Iterator[Problem]:
    """Rows that are longer or shorter than the header, as the trainers count; the first stands for all."""
    lines = csvfile.rows(content)
    bad: list[tuple[int, int]] = []
    try:
        bad.extend((line, len(cells)) for line, cells in lines if len(cells) != width)
    except csvfile.NotCsv as error:
        yield Problem(f"{file}:{error.line}", str(error), f"save it as CSV in UTF-8, {FORCE}")
    if bad:
        line, cells = bad[0]
        more = f" (and {count(len(bad) - 1, 'row')} more)" if len(bad) > 1 else ""
        what = f"{count(cells, 'cell')} where the header has {width}{more}"
        yield Problem(f"{file}:{line}", what, f"give every row one cell per column, {FORCE}")


def _some(names: list[str]) -> str:
    return few([f"`{visible(name if len(name) <= 30 else name[:27] + '...')}`" for name in names], 5)


def _read(file: Path) -> bytes:
    content = csvfile.content(file)
    if not content.strip():
        raise InvalidInput.at(file, "is empty", "give a CSV file with a header and rows")
    return content
