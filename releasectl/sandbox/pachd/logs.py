"""Log lines of workers: written in batches, read back by GetLogs, also after a restart."""

from __future__ import annotations

import base64
import json
import logging
import queue
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from releasectl.sandbox.pachd.records import now
from releasectl.sandbox.pachd.store.db import Conn, Database

BATCH = 500
log = logging.getLogger("pachd")


class Line(NamedTuple):
    """`inputs` are the (path, hash) pairs of the datum; `is_user` marks what the user code printed."""

    at: int
    project: str
    pipeline: str
    job: str
    datum: str
    worker: str
    is_master: bool
    is_user: bool
    inputs: str
    message: str


@dataclass(frozen=True)
class Source:
    """Who writes: filled in once, then `line` per message."""

    project: str
    pipeline: str
    job: str
    datum: str = ""
    worker: str = ""
    inputs: Sequence[tuple[str, str]] = ()

    def line(self, message: str, *, user: bool = False, master: bool = False) -> Line:
        pairs = json.dumps(self.inputs)
        return Line(
            now(),
            self.project,
            self.pipeline,
            self.job,
            self.datum,
            self.worker,
            master,
            user,
            pairs,
            message,
        )


class LogWriter:
    """One thread writes what many print, so that a chatty worker costs few transactions."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: queue.SimpleQueue[Line | threading.Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="logs", daemon=True)
        self._thread.start()

    def write(self, line: Line) -> None:
        self._waiting.put(line)

    def flush(self) -> None:
        """Returns when everything written so far can be read."""
        done = threading.Event()
        self._waiting.put(done)
        done.wait()

    def stop(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _loop(self) -> None:
        while True:
            entries = [self._waiting.get()]
            while not self._waiting.empty() and len(entries) < BATCH:
                entries.append(self._waiting.get())
            lines = [entry for entry in entries if isinstance(entry, Line)]
            try:
                self._save(lines)
            except sqlite3.Error:
                log.exception("%d log lines were lost", len(lines))
            for entry in entries:
                if isinstance(entry, threading.Event):
                    entry.set()
            if None in entries:
                return

    def _save(self, lines: list[Line]) -> None:
        if lines:
            with self._db.write() as conn:
                conn.executemany(
                    "INSERT INTO log"
                    " (at, project, pipeline, job, datum, worker, is_master, is_user, inputs, message)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    lines,
                )


class Stored(NamedTuple):
    row: int
    line: Line
    pairs: list[tuple[str, str]]


@dataclass(frozen=True)
class Query:
    """Empty fields match everything."""

    project: str
    pipeline: str
    job: str = ""
    datum: str = ""
    master: bool = False
    filters: tuple[str, ...] = ()
    since: int = 0

    def read(self, conn: Conn, after: int = 0) -> list[Stored]:
        """Lines in the order they were written, beyond the row `after`."""
        rows = conn.execute(
            "SELECT * FROM log WHERE project = ? AND pipeline = ? AND row > ? AND at >= ? AND is_master = ?"
            " AND ? IN ('', job) AND ? IN ('', datum) ORDER BY row",
            (self.project, self.pipeline, after, self.since, self.master, self.job, self.datum),
        )
        found = []
        for row in rows:
            pairs = [(path, digest) for path, digest in json.loads(row["inputs"])]
            if self._wants(pairs):
                found.append(Stored(row["row"], Line(*(row[name] for name in Line._fields)), pairs))
        return found

    def _wants(self, pairs: list[tuple[str, str]]) -> bool:
        """Every filter names a path or a hash (hex or base64) of the datum's inputs."""
        names = {name for path, digest in pairs for name in (path, digest, _base64(digest))}
        return all(wanted in names for wanted in self.filters)


def _base64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()
