"""SQLite with one writer at a time, many snapshot readers, and a bell that rings after every commit."""

from __future__ import annotations

import queue
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TypeVar

SCHEMA_VERSION = 2
T = TypeVar("T")
Conn = sqlite3.Connection


class OtherVersion(Exception):
    """The database has a schema that this code does not know."""


class Changes:
    """Lets threads sleep until something was written: no polling, and no missed wake-up."""

    def __init__(self) -> None:
        self._count = 0
        self._bell = threading.Condition()

    def ring(self) -> None:
        with self._bell:
            self._count += 1
            self._bell.notify_all()

    @property
    def count(self) -> int:
        return self._count

    def wait_beyond(self, seen: int, timeout: float | None = None) -> None:
        """Sleep until something was written after `seen` was read from `count`."""
        with self._bell:
            self._bell.wait_for(lambda: self._count != seen, timeout)

    def wait_until(self, look: Callable[[], T | None], alive: Callable[[], bool]) -> T | None:
        """Call `look` now and after every change until it returns something, or until `alive` says no."""
        while alive():
            seen = self._count
            if (found := look()) is not None:
                return found
            self.wait_beyond(seen, timeout=30)
        return None


class Database:
    """Connections are borrowed, never shared between threads at one time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._readers: queue.LifoQueue[Conn] = queue.LifoQueue()
        self.changes = Changes()
        self._writer = self._connect()
        self._migrate()

    def _connect(self) -> Conn:
        conn = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        conn.row_factory = sqlite3.Row
        # NORMAL: a killed process loses nothing; a power cut may take the last moments, never consistency
        conn.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;")
        return conn

    def _migrate(self) -> None:
        version = self._writer.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            schema = resources.files(__package__).joinpath("schema.sql").read_text()
            self._writer.executescript(
                f"BEGIN; {schema} INSERT INTO project VALUES ('default', '', 0);"
                f" INSERT INTO cluster VALUES ('{uuid.uuid4().hex}');"
                f" PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
            )
        elif version != SCHEMA_VERSION:
            raise OtherVersion(f"{self._path} was written by another version of the sandbox ({version})")

    @contextmanager
    def read(self) -> Iterator[Conn]:
        """One consistent snapshot."""
        try:
            conn = self._readers.get_nowait()
        except queue.Empty:
            conn = self._connect()
        try:
            conn.execute("BEGIN")
            yield conn
        finally:
            conn.rollback()
            self._readers.put(conn)

    @contextmanager
    def write(self) -> Iterator[Conn]:
        """All or nothing; rings the bell when it is on disk. Does not nest."""
        with self._lock:
            before = self._writer.total_changes
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.commit()
            except BaseException:
                self._writer.rollback()
                raise
            changed = self._writer.total_changes != before
        if changed:
            self.changes.ring()

    def close(self) -> None:
        with self._lock:
            self._writer.close()
            while not self._readers.empty():
                self._readers.get_nowait().close()
