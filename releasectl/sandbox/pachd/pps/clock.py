"""Cron: ticks of cron inputs, and branches that follow another one on a schedule."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from releasectl.sandbox.pachd import branches, commits, content, cron, lifecycle, pipelines, repos, triggers
from releasectl.sandbox.pachd.errors import PachError
from releasectl.sandbox.pachd.pps import visit
from releasectl.sandbox.pachd.records import USER, Branch, branch_of
from releasectl.sandbox.pachd.store.blobs import EMPTY
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.draft import Draft
from releasectl.sandbox.pachd.store.trees import DEFAULT_TAG
from releasectl.sandbox.pachd.transactions import transaction
from releasectl.sandbox.pachd.txn import Store, Txn
from releasectl.sandbox.pachd.watcher import LONGEST_SLEEP, Watcher

log = logging.getLogger("pachd")
FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def tick(txn: Txn, leaf: Any, moment: datetime) -> None:
    """One commit with an empty file named after the moment."""
    repo = repos.get(txn.conn, leaf.project, leaf.repo)
    commit = lifecycle.start(txn, repo, "master")
    draft = Draft(txn.store.trees, txn.conn, content.tree(txn.conn, commit))
    if leaf.overwrite:
        draft.delete("/", DEFAULT_TAG)
    draft.append(f"/{moment.strftime(FORMAT)}", DEFAULT_TAG, (EMPTY,))
    txn.conn.execute("UPDATE commits SET tree = ? WHERE row = ?", (draft.save().key, commit.row))
    commits.close(txn, commits.by_row(txn.conn, commit.row))


def inputs(spec: Any) -> list[Any]:
    return [leaf for leaf in visit.leaves(spec.input) if leaf.DESCRIPTOR.name == "CronInput"]


@dataclass(frozen=True)
class _Due:
    moment: datetime
    leaf: Any = None
    branch: Branch | None = None


class Clock:
    """Sleeps until the next tick of any schedule, or until something was written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._followed: dict[int, datetime] = {}  # branch row -> when its cron trigger was looked at last
        self.watcher = Watcher("clock", store.db.changes, self._step)

    def _step(self) -> float:
        with self._store.db.read() as conn:
            plan = sorted([*self._ticks(conn), *self._follows(conn)], key=lambda due: due.moment)
        now = datetime.now(UTC)
        for due in plan:
            if due.moment <= now:
                self._fire(due, now)
        ahead = [(due.moment - now).total_seconds() for due in plan if due.moment > now]
        return min([*ahead, LONGEST_SLEEP])

    def _ticks(self, conn: Conn) -> Iterator[_Due]:
        for pipeline in pipelines.all_of(conn):
            if pipeline.stopped:
                continue
            for leaf in inputs(pipelines.current_spec(conn, pipeline)):
                moment = cron.parse(leaf.spec).next(self._last(conn, leaf))
                if moment is not None:
                    yield _Due(moment, leaf=leaf)

    def _last(self, conn: Conn, leaf: Any) -> datetime:
        """The latest tick that was made, or else the start."""
        last: datetime = leaf.start.ToDatetime().replace(tzinfo=UTC)
        repo = repos.find(conn, leaf.project, leaf.repo, USER)
        for commit in commits.query(
            conn, "repo = ? AND finishing IS NOT NULL ORDER BY row DESC", repo.row if repo else 0
        ):
            if commit.tree:
                names = [path for path, _ in self._store.trees.files(conn, commit.tree)]
                moments = [
                    datetime.strptime(n, f"/{FORMAT}").replace(tzinfo=UTC) for n in names if n.endswith("Z")
                ]
                return max([last, *moments])
        return last

    def _follows(self, conn: Conn) -> Iterator[_Due]:
        for branch in map(
            branch_of, conn.execute("SELECT * FROM branch WHERE trigger IS NOT NULL").fetchall()
        ):
            trigger = triggers.parse(branch.trigger or b"")
            if not trigger.cron_spec:
                continue
            since = self._followed.setdefault(branch.row, datetime.now(UTC))
            moment = cron.parse(trigger.cron_spec).next(since)
            if moment is not None:
                yield _Due(moment, branch=branch)

    def _fire(self, due: _Due, now: datetime) -> None:
        try:
            with transaction(self._store) as txn:
                if due.leaf is not None:
                    tick(txn, due.leaf, _latest(due.leaf.spec, due.moment, now))
                elif due.branch is not None:
                    self._followed[due.branch.row] = now
                    _follow(txn, due.branch)
        except PachError as error:
            log.info("cron: %s; it is tried again after the next change", error)


def _latest(spec: str, moment: datetime, now: datetime) -> datetime:
    """Ticks that were missed while the sandbox was down are made up for by one, the latest."""
    schedule = cron.parse(spec)
    if schedule.every is not None:
        return moment + (now - moment) // schedule.every * schedule.every
    while (following := schedule.next(moment)) is not None and following <= now:
        moment = following
    return moment


def _follow(txn: Txn, branch: Branch) -> None:
    """Copy the head of the watched branch, if it is a good one that we do not have yet."""
    watched = branches.find(txn.conn, branch.repo, triggers.parse(branch.trigger or b"").branch)
    current = branches.by_row(txn.conn, branch.row)
    if watched is None or watched.head is None or watched.head == current.head:
        return
    commit = commits.by_row(txn.conn, watched.head)
    if commit.finished is not None and not commit.error:
        branches.set_head(txn, branch.row, commit.row)
