"""From a pipeline's input to datums: what each run of the user code sees under /pfs."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from releasectl.sandbox.pachd import commits, content, globs, repos
from releasectl.sandbox.pachd.errors import not_found
from releasectl.sandbox.pachd.records import USER, Commit
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.trees import Dir, Trees


@dataclass(frozen=True)
class InputFile:
    """One path of one input; a directory stands for all that is below it."""

    name: str
    project: str
    repo: str
    type: str
    branch: str
    commit: int  # the row
    commit_id: str
    path: str
    hash: str
    size: int
    is_dir: bool = False
    lazy: bool = False
    empty_files: bool = False
    s3: bool = False
    join_on: str = ""
    outer_join: bool = False
    group_by: str = ""


@dataclass(frozen=True)
class Datum:
    files: tuple[InputFile, ...]

    @property
    def id(self) -> str:
        """Which datum this is, whatever its content."""
        digest = hashlib.blake2b(digest_size=32)
        for file in self.files:
            for part in (file.name, file.repo, file.branch, file.path):
                digest.update(len(part).to_bytes(8, "little") + part.encode())
        return digest.hexdigest()

    def hash(self, salt: str) -> str:
        """Equal hashes need no second run."""
        parts = [self.id, *(file.hash for file in self.files), salt]
        return hashlib.blake2b("\0".join(parts).encode(), digest_size=32).hexdigest()

    def dump(self) -> str:
        return json.dumps([asdict(file) for file in self.files])

    @classmethod
    def load(cls, text: str) -> Datum:
        return cls(tuple(InputFile(**file) for file in json.loads(text)))


Pin = Callable[[str, str, str, str], Commit]  # project, repo, type, branch -> the commit that is read


def pinned(conn: Conn, output: int) -> Pin:
    """The commits that the output commit (a row) of a job was opened for: one of each repository."""
    above = {commit.repo: commit for commit in commits.provenance(conn, output)}

    def pin(project: str, repo: str, kind: str, branch: str) -> Commit:
        where = repos.get(conn, project, repo, kind)
        if where.row not in above:
            raise not_found(f"the job does not read {where}@{branch}")
        return above[where.row]

    return pin


def at_heads(conn: Conn) -> Pin:
    def pin(project: str, repo: str, kind: str, branch: str) -> Commit:
        return commits.resolve(conn, repos.get(conn, project, repo, kind), branch, "")

    return pin


def of_input(trees: Trees, conn: Conn, node: Any, pin: Pin) -> list[Datum]:
    """`node` is normalised: exactly one kind is set."""
    if node.HasField("pfs"):
        return [Datum((file,)) for file in _pfs(trees, conn, node.pfs, pin)]
    if node.HasField("cron"):
        return [Datum((file,)) for file in _cron(trees, conn, node.cron, pin)]

    def below(members: Iterable[Any]) -> list[list[Datum]]:
        return [of_input(trees, conn, member, pin) for member in members]

    if len(node.union):
        return list(itertools.chain.from_iterable(below(node.union)))
    if len(node.cross):
        return [_together(combination) for combination in itertools.product(*below(node.cross))]
    if len(node.join):
        return _join(below(node.join))
    return _group(below(node.group))


def _together(datums: Iterable[Datum]) -> Datum:
    return Datum(tuple(file for datum in datums for file in datum.files))


def _pfs(trees: Trees, conn: Conn, pfs: Any, pin: Pin) -> list[InputFile]:
    commit = pin(pfs.project, pfs.repo, pfs.repo_type, pfs.branch)
    source = InputFile(
        name=pfs.name,
        project=pfs.project,
        repo=pfs.repo,
        type=pfs.repo_type,
        branch=pfs.branch,
        commit=commit.row,
        commit_id=commit.id,
        path="",
        hash="",
        size=0,
        lazy=pfs.lazy,
        empty_files=pfs.empty_files,
        s3=pfs.s3,
        outer_join=pfs.outer_join,
    )
    return [
        replace(
            file,
            join_on=globs.replace(captured, pfs.join_on) if pfs.join_on else "",
            group_by=globs.replace(captured, pfs.group_by) if pfs.group_by else "",
        )
        for file, captured in _match(trees, conn, source, content.tree(conn, commit), pfs.glob)
    ]


def _cron(trees: Trees, conn: Conn, cron: Any, pin: Pin) -> list[InputFile]:
    commit = pin(cron.project, cron.repo, USER, "master")
    source = InputFile(
        cron.name, cron.project, cron.repo, USER, "master", commit.row, commit.id, path="", hash="", size=0
    )
    return [file for file, _ in _match(trees, conn, source, content.tree(conn, commit), "/*")]


def _match(
    trees: Trees, conn: Conn, source: InputFile, root: str, glob: str
) -> list[tuple[InputFile, tuple[str, ...]]]:
    return [
        (replace(source, path=path, hash=item.hash, size=item.size, is_dir=isinstance(item, Dir)), captured)
        for path, item, captured in globs.match(trees, conn, root, glob)
    ]


def _by_key(datums: Iterable[Datum], field: str) -> dict[str, list[Datum]]:
    found: dict[str, list[Datum]] = {}
    for datum in datums:
        key = next((value for file in datum.files if (value := getattr(file, field))), "")
        found.setdefault(key, []).append(datum)
    return found


def _join(members: list[list[Datum]]) -> list[Datum]:
    """A product per key; where a member has nothing for a key, only members with outer_join go on."""
    keyed = [_by_key(datums, "join_on") for datums in members]
    joined: list[Datum] = []
    for key in sorted({key for member in keyed for key in member}):
        matching = [member.get(key, []) for member in keyed]
        if not all(matching):
            matching = [datums for datums in matching if any(f.outer_join for d in datums for f in d.files)]
        if matching:
            joined.extend(_together(combination) for combination in itertools.product(*matching))
    return joined


def _group(members: list[list[Datum]]) -> list[Datum]:
    """All that share a key are one datum."""
    keyed = _by_key(itertools.chain.from_iterable(members), "group_by")
    return [_together(keyed[key]) for key in sorted(keyed)]
