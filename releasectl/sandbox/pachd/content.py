"""What a commit holds: its own tree, or what it inherits from the nearest ancestor without an error."""

from __future__ import annotations

from releasectl.sandbox.pachd import commits
from releasectl.sandbox.pachd.errors import unavailable
from releasectl.sandbox.pachd.records import Commit
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.trees import EMPTY_DIR
from releasectl.sandbox.pachd.txn import Store


def base(conn: Conn, commit: Commit) -> Commit | None:
    """The ancestor whose content this commit starts from: errored ones are passed over."""
    line = commits.ancestors(conn, commit)
    next(line)
    return next((ancestor for ancestor in line if not ancestor.error), None)


def tree(conn: Conn, commit: Commit) -> str:
    """The key of the commit's root."""
    if commit.tree is not None:
        return commit.tree
    below = base(conn, commit)
    if below is None:
        return EMPTY_DIR.key
    if below.finished is None:
        raise unavailable(f"base commit {below.id} unfinished")
    return tree(conn, below)


def size(store: Store, conn: Conn, commit: Commit) -> int:
    """Of finished and of open commits alike; 0 while the base is unknown."""
    if commit.tree is None and commit.finished is None:
        below = base(conn, commit)
        if below is not None and below.finished is None:
            return 0
    return store.trees.root(conn, tree(conn, commit)).size
