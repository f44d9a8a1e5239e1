"""Triggers: a branch whose head follows another branch of the same repository when a condition is met."""

from __future__ import annotations

import re
from typing import Any

from python_pachyderm.proto.v2.pfs import pfs_pb2

from releasectl.sandbox.pachd import branches, commits, content, cron
from releasectl.sandbox.pachd.errors import PachError
from releasectl.sandbox.pachd.records import Branch, Commit, Repo
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.txn import Txn

UNITS = {"": 1, **{unit: 1000**power for power, unit in enumerate("kmgtp", start=1)}}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s?([kmgtp]?)i?b?", re.IGNORECASE)


def parse(data: bytes) -> Any:
    return pfs_pb2.Trigger.FromString(data)


def size_of(text: str) -> int:
    """Decimal units: 10MB is 10,000,000."""
    if not (found := SIZE.fullmatch(text.strip())):
        raise PachError(f"trigger size {text!r} is invalid: write a number with a unit, such as 10MB")
    return int(float(found[1]) * UNITS[found[2].lower()])


def check(conn: Conn, repo: Repo, name: str, data: bytes) -> None:
    trigger = parse(data)
    if not trigger.branch:
        raise PachError("triggers must specify a branch to trigger on")
    if trigger.commits < 0:
        raise PachError("can't trigger on a negative number of commits")
    if trigger.size:
        size_of(trigger.size)
    for spec in (trigger.rate_limit_spec, trigger.cron_spec):
        try:
            cron.parse(spec or "@never")
        except cron.CronError as error:
            raise PachError(f"trigger schedule {spec!r} is invalid: {error}") from error
    others = trigger.all or trigger.size or trigger.commits or trigger.rate_limit_spec
    if trigger.cron_spec and others:
        raise PachError("a cron trigger cannot be used together with any other trigger")
    _check_loop(conn, repo, name, trigger.branch)


def _check_loop(conn: Conn, repo: Repo, name: str, watched: str) -> None:
    follows = {b.name: parse(b.trigger).branch for b in branches.of_repo(conn, repo.row) if b.trigger}
    follows[name] = watched
    seen, current = {name}, watched
    while current in follows:
        if current in seen:
            raise PachError(f"triggers cannot form a loop ({name} -> {current})")
        seen.add(current)
        current = follows[current]
    if current in seen:
        raise PachError(f"triggers cannot form a loop ({name} -> {current})")


def fire(txn: Txn, commit: Commit) -> None:
    """A commit finished without error: move the heads that wait for it, and those that wait for them."""
    waiting = [b for b in branches.of_repo(txn.conn, commit.repo) if b.trigger]
    fresh = [commit.branch]
    while fresh:
        watched = fresh.pop()
        for branch in waiting:
            trigger = parse(branch.trigger or b"")
            if trigger.branch == watched and not trigger.cron_spec and _due(txn, trigger, branch, commit):
                branches.set_head(txn, branch.row, commit.row)
                fresh.append(branch.name)


def _due(txn: Txn, trigger: Any, branch: Branch, new: Commit) -> bool:
    old = branches.head(txn.conn, branch)
    verdicts = []
    if trigger.size:
        growth = content.size(txn.store, txn.conn, new) - content.size(txn.store, txn.conn, old)
        verdicts.append(growth >= size_of(trigger.size))
    if trigger.rate_limit_spec:
        tick = cron.parse(trigger.rate_limit_spec).next(cron.moment(old.finishing or 0))
        verdicts.append(tick is not None and tick < cron.moment(new.finishing or txn.now))
    if trigger.commits:
        since = 0
        for ancestor in commits.ancestors(txn.conn, new):
            if ancestor.row == old.row or since == trigger.commits:
                break
            since += 1
        verdicts.append(since == trigger.commits)
    return all(verdicts) if trigger.all else any(verdicts)
