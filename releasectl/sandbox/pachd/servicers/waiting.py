"""Waiting until what a message names is as wanted; every wait ends when the client goes away."""

from __future__ import annotations

from typing import Any

import grpc

from releasectl.sandbox.pachd import commits, content, repos
from releasectl.sandbox.pachd.errors import PachError, not_found, unavailable
from releasectl.sandbox.pachd.lookup import commit_of
from releasectl.sandbox.pachd.records import Commit, CommitState, Repo
from releasectl.sandbox.pachd.txn import Store


def listen(store: Store, context: grpc.ServicerContext) -> None:
    """Wake the waits of this call when the client goes away."""
    context.add_callback(store.db.changes.ring)


def wait_commit(store: Store, context: grpc.ServicerContext, row: int, wanted: int) -> Commit:
    """Block until the commit has reached the state; fails if it is deleted meanwhile."""

    def look() -> Commit | None:
        with store.db.read() as conn:
            found = commits.query(conn, "row = ?", row)
            if not found:
                raise not_found("the commit was deleted while it was waited for")
            return found[0] if commits.state(conn, found[0]) >= wanted else None

    reached = store.db.changes.wait_until(look, context.is_active)
    if reached is None:
        raise unavailable("the client went away")
    return reached


def readable(store: Store, context: grpc.ServicerContext, message: Any) -> tuple[Repo, Commit, str]:
    """The commit and the root of its content, to read from: open, finished, or finishing and waited for."""
    with store.db.read() as conn:
        commit = commit_of(conn, message)
    if commit.finishing is not None and commit.finished is None:
        commit = wait_commit(store, context, commit.row, CommitState.FINISHED)
    with store.db.read() as conn:
        repo = repos.by_row(conn, commit.repo)
        if commit.error:
            raise PachError(f"commit {commit.id} in repo {repo} finished with an error: {commit.error}")
        return repo, commit, content.tree(conn, commit)
