"""One process group: started, fed, listened to, and wholly gone at the end, whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import IO

import psutil

from releasectl.sandbox.pachd.store.db import Conn, Database
from releasectl.sandbox.pachd.worker.environment import MARK
from releasectl.sandbox.pachd.worker.nursery import Nursery
from releasectl.sandbox.pachd.worker.root import Prepared
from releasectl.sandbox.pachd.worker.start import start

MAX_LINE = 64 * 1024
REAP_TIMEOUT = 2


class Cancelled(Exception):
    """The run was called off from outside."""


class Cancel:
    """A switch that kills what is running under it, now or as soon as it starts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kills: list[Callable[[], None]] = []
        self._event = threading.Event()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float | None) -> None:
        """Sleep, unless or until the switch is set."""
        self._event.wait(seconds)

    def set(self) -> None:
        with self._lock:
            self._event.set()
            for kill in self._kills:
                kill()

    @contextlib.contextmanager
    def killing(self, kill: Callable[[], None]) -> Iterator[None]:
        with self._lock:
            self._kills.append(kill)
            if self._event.is_set():
                kill()
        try:
            yield
        finally:
            with self._lock:
                self._kills.remove(kill)


def run(
    prepared: Prepared,
    nursery: Nursery | None,
    db: Database,
    cancel: Cancel,
    listen: Callable[[str], None],
    timeout: float | None,
) -> int:
    """The exit code; TimeoutError after `timeout` seconds, Cancelled when `cancel` is set."""
    process = start(prepared, nursery, db)
    helpers = [
        threading.Thread(target=_feed, args=(process.stdin, prepared.stdin), daemon=True),
        threading.Thread(target=_listen, args=(process.stdout, listen), daemon=True),
    ]
    late = threading.Event()
    with cancel.killing(lambda: kill_group(process.pid)), _alarm(timeout, late, process.pid):
        for helper in helpers:
            helper.start()
        code = process.wait()
        kill_group(process.pid)  # children that outlived their parent
    for helper in helpers:
        helper.join()
    with db.write() as conn:
        conn.execute("DELETE FROM worker WHERE pid = ?", (process.pid,))
    if cancel.is_set:
        raise Cancelled
    if late.is_set():
        raise TimeoutError(f"timed out after {timeout:g} s")
    return code


@contextlib.contextmanager
def _alarm(seconds: float | None, late: threading.Event, pid: int) -> Iterator[None]:
    """After `seconds`, set `late` and kill."""

    def expire() -> None:
        late.set()
        kill_group(pid)

    timer = threading.Timer(seconds, expire) if seconds is not None else None
    if timer:
        timer.start()
    try:
        yield
    finally:
        if timer:
            timer.cancel()


def kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _feed(pipe: IO[bytes], text: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # the command need not read what it is given
        pipe.write(text.encode())
        pipe.close()


def _listen(pipe: IO[bytes], listen: Callable[[str], None]) -> None:
    while line := pipe.readline(MAX_LINE):
        listen(line.decode(errors="replace").rstrip("\n"))
    pipe.close()


def reap_orphans(conn: Conn) -> int:
    """Kill what a server that is gone left running: processes that were recorded, or are of their session."""
    rows = {row["pid"]: row for row in conn.execute("SELECT * FROM worker").fetchall()}
    killed = []
    for process in psutil.process_iter(["pid", "create_time"]) if rows else ():
        try:
            session = os.getsid(process.pid)
            row = rows.get(session)
            if row is None:
                continue
            if process.pid == session:
                ours = abs(process.info["create_time"] - row["started"]) < 0.02
            else:  # the leader may be gone, and its number may be taken by a stranger
                ours = bool(row["job"]) and process.environ().get(MARK) == row["job"]
            if ours:
                process.kill()
                killed.append(process)
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue
    deadline = time.monotonic() + REAP_TIMEOUT
    while any(map(_lives, killed)) and time.monotonic() < deadline:
        time.sleep(0.01)
    conn.execute("DELETE FROM worker")
    return len(killed)


def _lives(process: psutil.Process) -> bool:
    """Not a zombie: nobody may be there to reap what we did not start."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False
