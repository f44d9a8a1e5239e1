"""Branches: a name, a head that may move to any commit of the repository, provenance on other branches."""

from __future__ import annotations

from collections.abc import Sequence

from releasectl.sandbox.pachd import commits, repos, triggers
from releasectl.sandbox.pachd.errors import PachError, not_found
from releasectl.sandbox.pachd.records import COMMIT_ID, Branch, Commit, Origin, Repo, branch_of
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.txn import Txn

_FAR = (
    "WITH RECURSIVE far(row) AS (SELECT {to} FROM branch_provenance WHERE {by} = ?"
    " UNION SELECT p.{to} FROM branch_provenance p JOIN far ON p.{by} = far.row)"
    " SELECT * FROM branch WHERE row IN (SELECT row FROM far) ORDER BY row"
)


def by_row(conn: Conn, row: int) -> Branch:
    return branch_of(conn.execute("SELECT * FROM branch WHERE row = ?", (row,)).fetchone())


def find(conn: Conn, repo: int, name: str) -> Branch | None:
    row = conn.execute("SELECT * FROM branch WHERE repo = ? AND name = ?", (repo, name)).fetchone()
    return branch_of(row) if row else None


def get(conn: Conn, repo: Repo, name: str) -> Branch:
    if branch := find(conn, repo.row, name):
        return branch
    raise not_found(f"branch {name} not found in repo {repo}")


def of_repo(conn: Conn, repo: int) -> list[Branch]:
    """Oldest first."""
    return [
        branch_of(row) for row in conn.execute("SELECT * FROM branch WHERE repo = ? ORDER BY row", (repo,))
    ]


def head(conn: Conn, branch: Branch) -> Commit:
    assert branch.head is not None
    return commits.by_row(conn, branch.head)


def direct_provenance(conn: Conn, branch: int) -> list[Branch]:
    rows = conn.execute(
        "SELECT b.* FROM branch b JOIN branch_provenance p ON p.upstream = b.row"
        " WHERE p.branch = ? ORDER BY b.row",
        (branch,),
    )
    return [branch_of(row) for row in rows]


def provenance(conn: Conn, branch: int) -> list[Branch]:
    """Everything upstream, at any distance."""
    return [branch_of(row) for row in conn.execute(_FAR.format(to="upstream", by="branch"), (branch,))]


def subvenance(conn: Conn, branch: int) -> list[Branch]:
    """Everything downstream, at any distance."""
    return [branch_of(row) for row in conn.execute(_FAR.format(to="branch", by="upstream"), (branch,))]


def set_head(txn: Txn, branch: int, commit: int) -> None:
    txn.conn.execute("UPDATE branch SET head = ? WHERE row = ?", (commit, branch))
    txn.moved[branch] = None


def ensure(txn: Txn, repo: Repo, name: str) -> Branch:
    """The branch, made with an empty finished commit if it is missing."""
    found = find(txn.conn, repo.row, name)
    return found or create(txn, repo, name)


def create(
    txn: Txn,
    repo: Repo,
    name: str,
    *,
    head: Commit | None = None,
    provenance: Sequence[int] = (),
    trigger: bytes | None = None,
) -> Branch:
    """Create or change. A head, even the current one, always propagates; an omitted trigger stays."""
    _check(txn.conn, repo, name, head, provenance, trigger)
    branch = _upsert(txn.conn, repo, name, trigger)
    old = {above.row for above in direct_provenance(txn.conn, branch.row)}
    if old != set(provenance):
        txn.conn.execute("DELETE FROM branch_provenance WHERE branch = ?", (branch.row,))
        txn.conn.executemany(
            "INSERT INTO branch_provenance VALUES (?, ?)",
            [(branch.row, above) for above in sorted(set(provenance))],
        )
        txn.rebased[branch.row] = None
    if head is not None:
        set_head(txn, branch.row, head.row)
    elif branch.head is None and not provenance:
        # every branch has a head: pachd gives a new one an empty commit
        set_head(
            txn, branch.row, commits.create(txn, repo.row, name, Origin.AUTO, parent=None, closed=True).row
        )
    return by_row(txn.conn, branch.row)


def _check(
    conn: Conn, repo: Repo, name: str, head: Commit | None, provenance: Sequence[int], trigger: bytes | None
) -> None:
    repos.check_name("branch", name)
    if COMMIT_ID.fullmatch(name):
        raise PachError(f"branch name {name!r} looks like a commit id")
    if head is not None and head.repo != repo.row:
        other = repos.by_row(conn, head.repo)
        raise PachError(f"branch and head commit must belong to the same repo ({repo} and {other})")
    old = find(conn, repo.row, name)
    kept = trigger or (old.trigger if old else None)
    if provenance and kept:
        raise PachError("a branch cannot have both provenance and a trigger")
    if trigger:
        triggers.check(conn, repo, name, trigger)


def _upsert(conn: Conn, repo: Repo, name: str, trigger: bytes | None) -> Branch:
    conn.execute(
        "INSERT INTO branch (repo, name, trigger) VALUES (?, ?, ?)"
        " ON CONFLICT (repo, name) DO UPDATE SET trigger = coalesce(excluded.trigger, trigger)",
        (repo.row, name, trigger),
    )
    return get(conn, repo, name)


def delete(txn: Txn, repo: Repo, name: str, *, force: bool) -> None:
    branch = get(txn.conn, repo, name)
    below = subvenance(txn.conn, branch.row)
    if below and not force:
        names = ", ".join(f"{repos.by_row(txn.conn, b.repo)}@{b.name}" for b in below)
        raise PachError(
            f"branch {name!r} cannot be deleted because it's in the direct provenance of [{names}]"
        )
    txn.conn.execute("DELETE FROM branch WHERE row = ?", (branch.row,))
    txn.moved.pop(branch.row, None)
    txn.rebased.pop(branch.row, None)
