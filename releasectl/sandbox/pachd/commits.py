"""Commits: making them, finding them by reference, walking their provenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from releasectl.sandbox.pachd import repos
from releasectl.sandbox.pachd.errors import PachError, not_found
from releasectl.sandbox.pachd.records import COMMIT_ID, Commit, CommitState, Origin, Repo, commit_of
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.trees import EMPTY_DIR
from releasectl.sandbox.pachd.txn import Txn


def by_row(conn: Conn, row: int) -> Commit:
    return commit_of(conn.execute("SELECT * FROM commits WHERE row = ?", (row,)).fetchone())


def by_id(conn: Conn, repo: int, commit: str) -> Commit | None:
    row = conn.execute("SELECT * FROM commits WHERE repo = ? AND id = ?", (repo, commit)).fetchone()
    return commit_of(row) if row else None


def query(conn: Conn, where: str, *values: object) -> list[Commit]:
    return [commit_of(row) for row in conn.execute(f"SELECT * FROM commits WHERE {where}", values)]


def create(
    txn: Txn,
    repo: int,
    branch: str,
    origin: Origin,
    *,
    parent: int | None,
    description: str = "",
    closed: bool = False,
) -> Commit:
    """A new commit with the id of the transaction. `closed` makes it empty and finished at once."""
    if by_id(txn.conn, repo, txn.id):
        where = repos.by_row(txn.conn, repo)
        raise PachError(
            f"commit {txn.id} already exists in repo {where}: one transaction makes one commit per repo"
        )
    end = txn.now if closed else None
    txn.conn.execute(
        "INSERT INTO commits"
        " (repo, id, branch, origin, description, parent, started, finishing, finished, tree)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            repo,
            txn.id,
            branch,
            origin,
            description,
            parent,
            txn.now,
            end,
            end,
            EMPTY_DIR.key if closed else None,
        ),
    )
    made = by_id(txn.conn, repo, txn.id)
    assert made is not None
    return made


def close(txn: Txn, commit: Commit, *, description: str = "", error: str = "") -> None:
    """Fix the content: finishing. The finisher does the rest."""
    txn.conn.execute(
        "UPDATE commits SET finishing = ?, error = ?,"
        " description = CASE ? WHEN '' THEN description ELSE ? END WHERE row = ?",
        (txn.now, error, description, description, commit.row),
    )


def link(conn: Conn, commit: int, upstream: Iterable[int]) -> None:
    conn.executemany(
        "INSERT OR IGNORE INTO commit_provenance VALUES (?, ?)", [(commit, row) for row in upstream]
    )


def provenance(conn: Conn, commit: int) -> list[Commit]:
    """Direct provenance, in a fixed order."""
    return query(
        conn, "row IN (SELECT upstream FROM commit_provenance WHERE commit_row = ?) ORDER BY row", commit
    )


def lineage(conn: Conn, rows: Iterable[int]) -> list[Commit]:
    """The commits and their transitive provenance, sources first."""
    marks = ",".join(str(int(row)) for row in rows) or "NULL"
    found = query(
        conn,
        "row IN (WITH RECURSIVE up(row) AS (SELECT row FROM commits WHERE row IN (" + marks + ") UNION"
        " SELECT upstream FROM commit_provenance p JOIN up ON p.commit_row = up.row)"
        " SELECT row FROM up) ORDER BY row",
    )
    return topological(conn, found)


def topological(conn: Conn, found: list[Commit]) -> list[Commit]:
    """Every commit after all of its provenance; otherwise in the order they were made."""
    rows = {commit.row: commit for commit in found}
    upstream = {row: [p.row for p in provenance(conn, row) if p.row in rows] for row in rows}
    done: dict[int, Commit] = {}

    def visit(row: int) -> None:
        if row not in done:
            for above in upstream[row]:
                visit(above)
            done[row] = rows[row]

    for row in sorted(rows):
        visit(row)
    return list(done.values())


def of_set(conn: Conn, commit_set: str) -> list[Commit]:
    return topological(conn, query(conn, "id = ? ORDER BY row", commit_set))


def ancestors(conn: Conn, commit: Commit) -> Iterator[Commit]:
    """The commit itself, its parent, and so on."""
    current: Commit | None = commit
    while current is not None:
        yield current
        current = by_row(conn, current.parent) if current.parent is not None else None


def children(conn: Conn, commit: int) -> list[Commit]:
    return query(conn, "parent = ? ORDER BY row", commit)


def state(conn: Conn, commit: Commit) -> CommitState:
    if commit.finished is not None:
        return CommitState.FINISHED
    if commit.finishing is not None:
        return CommitState.FINISHING
    ready = all(above.finished is not None for above in provenance(conn, commit.row))
    return CommitState.READY if ready else CommitState.STARTED


def split_ancestry(reference: str) -> tuple[str, int]:
    """`x~2`, `x^2` and `x^^` are two before x (2); `x.2` is the second of x's line (-2)."""
    for index, char in enumerate(reference):
        if char in "^~.":
            base, rest = reference[:index], reference[index:]
            if char != "." and set(rest) == {char}:
                return base, len(rest)
            if rest[1:].isdecimal():
                return base, -int(rest[1:]) if char == "." else int(rest[1:])
            raise PachError(f"invalid ancestry syntax {reference!r}")
    return reference, 0


def resolve(conn: Conn, repo: Repo, branch: str, commit: str) -> Commit:
    """What a reference stands for: an id of this repo or of a commit set, a branch, or an ancestor of one."""
    reference = commit or branch
    if not reference:
        raise PachError(f"cannot resolve a commit of {repo} without a branch or an id")
    base, steps = split_ancestry(reference)
    found = (
        _by_commit_set(conn, repo, base)
        if COMMIT_ID.fullmatch(base)
        else _by_branch(conn, repo, base or branch)
    )
    if steps == 0:
        return found
    line = list(ancestors(conn, found))
    index = steps if steps > 0 else len(line) + steps
    if not 0 <= index < len(line):
        raise not_found(f"commit {reference} not found in repo {repo}")
    return line[index]


def _by_branch(conn: Conn, repo: Repo, name: str) -> Commit:
    row = conn.execute("SELECT head FROM branch WHERE repo = ? AND name = ?", (repo.row, name)).fetchone()
    if row is None or row["head"] is None:
        raise not_found(f"branch {name} not found in repo {repo}")
    return by_row(conn, row["head"])


def _by_commit_set(conn: Conn, repo: Repo, commit_set: str) -> Commit:
    if direct := by_id(conn, repo.row, commit_set):
        return direct
    above = lineage(conn, (commit.row for commit in query(conn, "id = ?", commit_set)))
    for commit in reversed(above):
        if commit.repo == repo.row:
            return commit
    raise not_found(f"commit {commit_set} not found in repo {repo}")
