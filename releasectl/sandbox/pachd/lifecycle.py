"""A commit's life: started, written, finishing (promised, durable), finished (validated, triggers fired)."""

from __future__ import annotations

from releasectl.sandbox.pachd import branches, commits, content, jobs, repos, triggers
from releasectl.sandbox.pachd.errors import PachError
from releasectl.sandbox.pachd.records import META, SPEC, Commit, Origin, Repo
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.transactions import transaction
from releasectl.sandbox.pachd.txn import Store, Txn
from releasectl.sandbox.pachd.watcher import LONGEST_SLEEP, Watcher


def start(txn: Txn, repo: Repo, name: str, *, parent: Commit | None = None, description: str = "") -> Commit:
    """A new open commit at the head of a branch, which is made if it is missing."""
    if not name:
        raise PachError("branch cannot be empty: a commit is started on a branch")
    repos.check_name("branch", name)
    branch = branches.find(txn.conn, repo.row, name)
    if branch is not None and branches.direct_provenance(txn.conn, branch.row):
        raise PachError(f"cannot start a commit on an output branch ({repo}@{name})")
    if parent is None and branch is not None:
        parent = branches.head(txn.conn, branch)
    if parent is not None and parent.finishing is None:
        raise PachError(f"parent commit {parent.id} has not been finished")
    commit = commits.create(
        txn, repo.row, name, Origin.USER, parent=parent.row if parent else None, description=description
    )
    if branch is None:
        branches.create(txn, repo, name, head=commit)
    else:
        branches.set_head(txn, branch.row, commit.row)
    return commit


def finish(txn: Txn, repo: Repo, commit: Commit, *, description: str = "", error: str = "") -> None:
    """From here on the content is fixed; the finisher validates it."""
    if commit.finishing is not None:
        raise PachError(f"commit {commit.id} in repo {repo} has already finished")
    if repo.type in (META, SPEC) or (commit.origin == Origin.AUTO and jobs.of_output(txn.conn, commit.row)):
        raise PachError("cannot finish a pipeline output or meta commit, use 'stop job' instead")
    commits.close(txn, commit, description=description, error=error)


class Finisher:
    """Takes finishing commits to finished, oldest first; after a crash it goes on where it was."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.watcher = Watcher("finisher", store.db.changes, self._step)

    def _step(self) -> float:
        with self._store.db.read() as conn:
            waiting = commits.query(conn, "finishing IS NOT NULL AND finished IS NULL ORDER BY row")
            due = [commit for commit in waiting if _settles(conn, commit)]
        for commit in due:
            self._settle(commit.row)
        return LONGEST_SLEEP

    def _settle(self, row: int) -> None:
        with transaction(self._store) as txn:
            found = commits.query(txn.conn, "row = ? AND finished IS NULL", row)
            if not found:
                return  # deleted meanwhile
            commit = found[0]
            root, error = None, commit.error
            if not error:
                root = content.tree(txn.conn, commit)
                error = self._store.trees.fault(txn.conn, root, _trusted(txn, commit))
            txn.conn.execute(
                "UPDATE commits SET finished = ?, error = ?, tree = coalesce(?, tree) WHERE row = ?",
                (txn.now, error, root, row),
            )
            commit = commits.by_row(txn.conn, row)
            jobs.settle(txn, commit)
            if not error:
                triggers.fire(txn, commit)


def _settles(conn: Conn, commit: Commit) -> bool:
    if commit.error or commit.tree is not None:
        return True
    below = content.base(conn, commit)
    return below is None or below.finished is not None


def _trusted(txn: Txn, commit: Commit) -> str:
    """The tree of the base: what it holds was validated when it finished."""
    below = content.base(txn.conn, commit)
    return content.tree(txn.conn, below) if below is not None and below.finished is not None else ""
