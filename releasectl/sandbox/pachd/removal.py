"""Removing commit sets: squashing one into its children, or dropping the newest."""

from __future__ import annotations

from releasectl.sandbox.pachd import commits, content, repos
from releasectl.sandbox.pachd.errors import PachError, not_found
from releasectl.sandbox.pachd.records import SPEC, Commit, Origin, branch_of
from releasectl.sandbox.pachd.txn import Txn


def squash(txn: Txn, commit_set: str) -> None:
    """The content of the children stays as it is."""
    doomed = _doomed(txn, commit_set, "squash")
    for commit in doomed:
        if not commits.children(txn.conn, commit.row):
            raise PachError(
                f"cannot squash commit set {commit_set}: commit {_name(txn, commit)} has no children"
            )
    _remove(txn, doomed)


def drop(txn: Txn, commit_set: str) -> None:
    doomed = _doomed(txn, commit_set, "drop")
    for commit in doomed:
        if commits.children(txn.conn, commit.row):
            raise PachError(f"cannot drop commit set {commit_set}: commit {_name(txn, commit)} has children")
    _remove(txn, doomed)


def _name(txn: Txn, commit: Commit) -> str:
    return f"{repos.by_row(txn.conn, commit.repo)}@{commit.id}"


def _doomed(txn: Txn, commit_set: str, verb: str) -> list[Commit]:
    doomed = commits.of_set(txn.conn, commit_set)
    if not doomed:
        raise not_found(f"commit set {commit_set} not found")
    rows = {commit.row for commit in doomed}
    for commit in doomed:
        if repos.by_row(txn.conn, commit.repo).type == SPEC:
            raise PachError(
                f"cannot {verb} commit set {commit_set}: it holds the spec commit {_name(txn, commit)}"
            )
        below = txn.conn.execute("SELECT commit_row FROM commit_provenance WHERE upstream = ?", (commit.row,))
        for row in below.fetchall():
            if row["commit_row"] not in rows:
                other = commits.by_row(txn.conn, row["commit_row"])
                raise PachError(
                    f"cannot {verb} commit set {commit_set}: {other.id} is made from it (subvenance)"
                )
    return doomed


def _remove(txn: Txn, doomed: list[Commit]) -> None:
    for commit in reversed(doomed):
        for child in commits.children(txn.conn, commit.row):
            if child.tree is None and commit.finished is not None and not commit.error:
                inherited = content.tree(txn.conn, commit)
                txn.conn.execute("UPDATE commits SET tree = ? WHERE row = ?", (inherited, child.row))
            txn.conn.execute("UPDATE commits SET parent = ? WHERE row = ?", (commit.parent, child.row))
        _move_heads(txn, commit)
        txn.conn.execute("DELETE FROM commits WHERE row = ?", (commit.row,))


def _move_heads(txn: Txn, commit: Commit) -> None:
    """A branch that loses its head takes the parent; without one, a new empty commit."""
    rows = txn.conn.execute("SELECT * FROM branch WHERE head = ?", (commit.row,)).fetchall()
    for branch in map(branch_of, rows):
        head = commit.parent
        if head is None:
            origin = Origin.AUTO
            head = commits.create(txn, commit.repo, branch.name, origin, parent=None, closed=True).row
        txn.conn.execute("UPDATE branch SET head = ? WHERE row = ?", (head, branch.row))
