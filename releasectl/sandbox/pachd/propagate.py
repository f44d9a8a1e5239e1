"""What follows from a moved head: one new commit on every branch downstream, in the same commit set."""

from __future__ import annotations

from releasectl.sandbox.pachd import branches, commits, repos
from releasectl.sandbox.pachd.errors import PachError
from releasectl.sandbox.pachd.records import SPEC, Branch, Origin
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.txn import Txn


def propagate(txn: Txn) -> None:
    """Runs once, at the end of a transaction."""
    _forget_deleted(txn)
    check_structure(txn)
    for branch in _affected(txn):
        _advance(txn, branch)
    txn.moved.clear()
    txn.rebased.clear()


def _forget_deleted(txn: Txn) -> None:
    for rows in (txn.moved, txn.rebased):
        for row in list(rows):
            if not txn.conn.execute("SELECT 1 FROM branch WHERE row = ?", (row,)).fetchone():
                del rows[row]


def _affected(txn: Txn) -> list[Branch]:
    """Upstream before downstream: a branch has strictly more provenance than any branch it depends on."""
    found = {
        below.row: below for row in (*txn.moved, *txn.rebased) for below in branches.subvenance(txn.conn, row)
    }
    for row in txn.rebased:
        if row not in found and not _up_to_date(txn.conn, branches.by_row(txn.conn, row)):
            found[row] = branches.by_row(txn.conn, row)
    return sorted(
        found.values(), key=lambda branch: (len(branches.provenance(txn.conn, branch.row)), branch.row)
    )


def _up_to_date(conn: Conn, branch: Branch) -> bool:
    above = branches.direct_provenance(conn, branch.row)
    if not above:
        return True
    if branch.head is None:
        return False
    return {b.head for b in above} == {c.row for c in commits.provenance(conn, branch.head)}


def _advance(txn: Txn, branch: Branch) -> None:
    above = branches.direct_provenance(txn.conn, branch.row)
    if [repos.by_row(txn.conn, b.repo).type for b in above] == [SPEC] and branch.head is not None:
        return  # a spout writes its own commits
    if branch.head is not None and branches.head(txn.conn, branch).id == txn.id:
        return
    commit = commits.create(txn, branch.repo, branch.name, Origin.AUTO, parent=branch.head)
    commits.link(txn.conn, commit.row, (b.head for b in above if b.head is not None))
    txn.conn.execute("UPDATE branch SET head = ? WHERE row = ?", (commit.row, branch.row))


def check_structure(txn: Txn) -> None:
    """No cycles, and at most one branch of a repository above any branch (since 2.6)."""
    changed = list(txn.rebased)
    below = {b.row: b for row in changed for b in branches.subvenance(txn.conn, row)}
    below |= {row: branches.by_row(txn.conn, row) for row in changed}
    for branch in below.values():
        above = branches.provenance(txn.conn, branch.row)
        if any(b.row == branch.row for b in above):
            raise PachError(
                f"branch {_name(txn.conn, branch)} would be in its own provenance: cycles are not allowed"
            )
        seen: dict[int, Branch] = {branch.repo: branch}
        for other in above:
            if other.repo in seen:
                repo = repos.by_row(txn.conn, other.repo)
                names = ", ".join(sorted((seen[other.repo].name, other.name)))
                raise PachError(
                    f"multiple branches from the same repo {repo} ({names}) cannot participate in a DAG"
                )
            seen[other.repo] = other


def _name(conn: Conn, branch: Branch) -> str:
    return f"{repos.by_row(conn, branch.repo)}@{branch.name}"
