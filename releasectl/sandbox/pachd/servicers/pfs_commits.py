"""PFS: commits and commit sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf import empty_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2

from releasectl.sandbox.pachd import commits, convert, removal, requests
from releasectl.sandbox.pachd.errors import Code, PachError
from releasectl.sandbox.pachd.lookup import commit_of, repo_of
from releasectl.sandbox.pachd.records import Commit, CommitState, Repo
from releasectl.sandbox.pachd.servicers.table import Server
from releasectl.sandbox.pachd.servicers.waiting import listen, wait_commit
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.transactions import transaction

Context = grpc.ServicerContext


def inspect_commit(server: Server, request: Any, context: Context) -> Any:
    store = server.store
    with store.db.read() as conn:
        commit = commit_of(conn, request.commit)
    if request.wait > CommitState.STARTED:
        listen(store, context)
        commit = wait_commit(store, context, commit.row, request.wait)
    with store.db.read() as conn:
        return convert.commit_info(store, conn, commit)


def _wanted(request: Any, commit: Commit) -> bool:
    return request.all or request.origin_kind in (0, commit.origin)


def list_commit(server: Server, request: Any, _: Context) -> Iterator[Any]:
    """Newest first, unless reversed; `from` is left out, `to` is in."""
    with server.store.db.read() as conn:
        repo = repo_of(conn, request.repo)
        found = _range(conn, repo, request)
        if request.HasField("started_time"):
            limit = request.started_time.ToNanoseconds()
            found = [c for c in found if (c.started > limit if request.reverse else c.started < limit)]
        if request.reverse:
            found.reverse()
        found = [commit for commit in found if _wanted(request, commit)]
        infos = convert.commit_infos(server.store, conn, found[: request.number or None])
    yield from infos


def _range(conn: Conn, repo: Repo, request: Any) -> list[Commit]:
    start = getattr(request, "from")
    if not request.HasField("to"):
        if request.HasField("from"):
            raise PachError("cannot use `from` commit without `to` commit")
        return commits.query(conn, "repo = ? ORDER BY row DESC", repo.row)
    first = commit_of(conn, start).row if request.HasField("from") else None
    found = []
    for ancestor in commits.ancestors(conn, commit_of(conn, request.to)):
        if ancestor.row == first:
            break
        found.append(ancestor)
    return found


def subscribe_commit(server: Server, request: Any, context: Context) -> Iterator[Any]:
    """Every commit made on the branch, old and new, each when it has reached the state."""
    store = server.store
    listen(store, context)
    with store.db.read() as conn:
        repo = repo_of(conn, request.repo)
        last = commit_of(conn, getattr(request, "from")).row if request.HasField("from") else 0

    def look() -> Commit | None:
        with store.db.read() as conn:
            new = commits.query(
                conn,
                "repo = ? AND row > ? AND ? IN ('', branch) ORDER BY row LIMIT 1",
                repo.row,
                last,
                request.branch,
            )
            return new[0] if new else None

    while (commit := store.db.changes.wait_until(look, context.is_active)) is not None:
        last = commit.row
        if _wanted(request, commit):
            try:
                reached = wait_commit(store, context, commit.row, request.state or CommitState.STARTED)
            except PachError as error:
                if error.code is Code.NOT_FOUND:
                    continue  # deleted before it got that far
                raise
            with store.db.read() as conn:
                info = convert.commit_info(store, conn, reached)
            yield info


def inspect_commit_set(server: Server, request: Any, context: Context) -> Iterator[Any]:
    """The commits of the set and all they were made from, sources first; nothing for an unknown id."""
    store = server.store
    listen(store, context)
    with store.db.read() as conn:
        found = commits.lineage(conn, (commit.row for commit in commits.of_set(conn, request.commit_set.id)))
    for commit in found:
        reached = wait_commit(
            store, context, commit.row, CommitState.FINISHED if request.wait else CommitState.STARTED
        )
        with store.db.read() as conn:
            info = convert.commit_info(store, conn, reached)
        yield info


def list_commit_set(server: Server, request: Any, _: Context) -> Iterator[Any]:
    project = request.project.name
    with server.store.db.read() as conn:
        rows = conn.execute(
            "SELECT c.id FROM commits c JOIN repo r ON r.row = c.repo WHERE ? IN ('', r.project)"
            " GROUP BY c.id ORDER BY max(c.row) DESC",
            (project,),
        ).fetchall()
        sets = [
            pfs_pb2.CommitSetInfo(
                commit_set=pfs_pb2.CommitSet(id=row["id"]),
                commits=convert.commit_infos(server.store, conn, commits.of_set(conn, row["id"])),
            )
            for row in rows
        ]
    yield from sets


def drop_commit_set(server: Server, request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        removal.drop(txn, request.commit_set.id)
    return empty_pb2.Empty()


def clear_commit(server: Server, request: Any, _: Context) -> Any:
    """Forget what was written to an open commit."""
    with transaction(server.store) as txn:
        commit = commit_of(txn.conn, request.commit)
        if commit.finishing is not None:
            raise PachError(f"cannot clear commit {commit.id}: it has already finished")
        txn.conn.execute("UPDATE commits SET tree = NULL WHERE row = ?", (commit.row,))
    return empty_pb2.Empty()


HANDLERS = {
    "StartCommit": requests.handler("start_commit"),
    "FinishCommit": requests.handler("finish_commit"),
    "InspectCommit": inspect_commit,
    "ListCommit": list_commit,
    "SubscribeCommit": subscribe_commit,
    "InspectCommitSet": inspect_commit_set,
    "ListCommitSet": list_commit_set,
    "SquashCommitSet": requests.handler("squash_commit_set"),
    "DropCommitSet": drop_commit_set,
    "ClearCommit": clear_commit,
}
