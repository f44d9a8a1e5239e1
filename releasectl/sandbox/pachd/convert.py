"""Rows to the messages of PFS. Generated protobuf code has no types: messages are Any."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf import timestamp_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2

from releasectl.sandbox.pachd import branches, commits, content, repos
from releasectl.sandbox.pachd.records import Branch, Commit, Repo
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.trees import Dir, Item
from releasectl.sandbox.pachd.txn import Store


def timestamp(ns: int | None) -> Any:
    """None stays None: the field is left unset."""
    return None if ns is None else timestamp_pb2.Timestamp(seconds=ns // 10**9, nanos=ns % 10**9)


def project(name: str) -> Any:
    return pfs_pb2.Project(name=name)


def project_info(row: tuple[str, str, int]) -> Any:
    name, description, created = row
    return pfs_pb2.ProjectInfo(project=project(name), description=description, created_at=timestamp(created))


def repo(value: Repo) -> Any:
    return pfs_pb2.Repo(name=value.name, type=value.type, project=project(value.project))


def branch(where: Repo, name: str) -> Any:
    return pfs_pb2.Branch(repo=repo(where), name=name)


def commit(where: Repo, value: Commit) -> Any:
    return pfs_pb2.Commit(repo=repo(where), id=value.id, branch=branch(where, value.branch))


def commit_at(conn: Conn, row: int | None) -> Any:
    if row is None:
        return None
    value = commits.by_row(conn, row)
    return commit(repos.by_row(conn, value.repo), value)


def branch_at(conn: Conn, value: Branch) -> Any:
    return branch(repos.by_row(conn, value.repo), value.name)


def repo_info(store: Store, conn: Conn, value: Repo) -> Any:
    own = branches.of_repo(conn, value.row)
    master = next((b for b in own if b.name == "master"), None)
    size = content.size(store, conn, branches.head(conn, master)) if master else 0
    return pfs_pb2.RepoInfo(
        repo=repo(value),
        created=timestamp(value.created),
        description=value.description,
        branches=[branch(value, b.name) for b in own],
        size_bytes_upper_bound=size,
        details=pfs_pb2.RepoInfo.Details(size_bytes=size),
    )


def branch_info(conn: Conn, where: Repo, value: Branch) -> Any:
    return pfs_pb2.BranchInfo(
        branch=branch(where, value.name),
        head=commit_at(conn, value.head),
        provenance=[branch_at(conn, b) for b in branches.provenance(conn, value.row)],
        subvenance=[branch_at(conn, b) for b in branches.subvenance(conn, value.row)],
        direct_provenance=[branch_at(conn, b) for b in branches.direct_provenance(conn, value.row)],
        trigger=pfs_pb2.Trigger.FromString(value.trigger) if value.trigger else None,
    )


def commit_info(store: Store, conn: Conn, value: Commit) -> Any:
    where = repos.by_row(conn, value.repo)
    size = 0 if value.error else content.size(store, conn, value)
    return pfs_pb2.CommitInfo(
        commit=commit(where, value),
        origin=pfs_pb2.CommitOrigin(kind=value.origin),
        description=value.description,
        parent_commit=commit_at(conn, value.parent),
        child_commits=[commit(where, child) for child in commits.children(conn, value.row)],
        started=timestamp(value.started),
        finishing=timestamp(value.finishing),
        finished=timestamp(value.finished),
        direct_provenance=[commit_at(conn, above.row) for above in commits.provenance(conn, value.row)],
        error=value.error,
        size_bytes_upper_bound=size,
        details=pfs_pb2.CommitInfo.Details(size_bytes=size) if value.finished is not None else None,
    )


def commit_infos(store: Store, conn: Conn, values: Iterable[Commit]) -> list[Any]:
    return [commit_info(store, conn, value) for value in values]


def file_info(where: Any, committed: int | None, path: str, item: Item) -> Any:
    """`where` is the commit as a message; `path` of a directory ends with a slash."""
    if isinstance(item, Dir):
        kind, tag = pfs_pb2.FileType.DIR, ""
    else:
        kind, tag = pfs_pb2.FileType.FILE, item.tag
    return pfs_pb2.FileInfo(
        file=pfs_pb2.File(commit=where, path=path, datum=tag),
        file_type=kind,
        committed=timestamp(committed),
        size_bytes=item.size,
        hash=bytes.fromhex(item.hash),
    )
