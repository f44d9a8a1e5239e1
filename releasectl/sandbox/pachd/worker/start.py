"""A worker process from its start to its door, executed by us or forked by the nursery."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Protocol

import psutil

from releasectl.sandbox.pachd.store.db import Database
from releasectl.sandbox.pachd.worker.environment import MARK
from releasectl.sandbox.pachd.worker.nursery import Nursery
from releasectl.sandbox.pachd.worker.root import Prepared, arguments

log = logging.getLogger("pachd")


class Worker(Protocol):
    """Leads a session of its own; stderr goes where stdout does."""

    @property
    def pid(self) -> int: ...

    @property
    def stdin(self) -> IO[bytes]: ...

    @property
    def stdout(self) -> IO[bytes]: ...

    def wait(self) -> int:
        """The exit code, negative for a signal."""


@dataclass(frozen=True, slots=True)
class Executed:
    """A worker that is our own child."""

    pid: int
    stdin: IO[bytes]
    stdout: IO[bytes]
    wait: Callable[[], int]


def start(prepared: Prepared, nursery: Nursery | None, db: Database) -> Worker:
    """Forked where there is a nursery; if that fails in any way, the worker starts by itself."""
    if nursery is not None:
        try:
            return _admit(prepared, lambda door: nursery.fork(prepared, door), db)
        except (OSError, ValueError, psutil.Error) as error:
            log.warning("the nursery failed (%s), so the worker starts by itself", error)
    return _admit(prepared, lambda door: _execute(prepared, door), db)


def _admit(prepared: Prepared, born: Callable[[int], Worker], db: Database) -> Worker:
    """The process waits at its door until it is on record: should we die before, it goes away."""
    door, ours = os.pipe()
    try:
        worker = born(door)
        started = psutil.Process(worker.pid).create_time()
        with db.write() as conn:
            row = (worker.pid, started, prepared.env.get(MARK, ""))
            conn.execute("INSERT OR REPLACE INTO worker VALUES (?, ?, ?)", row)
        os.write(ours, b".")
    finally:
        os.close(door)
        os.close(ours)
    return worker


def _execute(prepared: Prepared, door: int) -> Worker:
    process = subprocess.Popen(
        arguments(prepared.order, door),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(prepared.env),
        pass_fds=[door],
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return Executed(process.pid, process.stdin, process.stdout, process.wait)
