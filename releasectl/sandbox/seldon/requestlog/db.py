"""The request log in one SQLite file: one element for every request id of every endpoint, oldest dropped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from releasectl.sandbox.seldon.requestlog.incoming import Logged

SCHEMA = """
create table if not exists elements (
  id integer primary key autoincrement,
  namespace text not null, deployment text not null, predictor text not null, container text not null,
  request_id text not null, at text not null, model text not null,
  request blob, request_time text, source text not null default '', response blob, response_time text,
  status integer, error text, seconds real, outlier text, drift text,
  unique (namespace, deployment, predictor, container, request_id));
create index if not exists by_time on elements (namespace, deployment, predictor, container, at, request_id);
create table if not exists cursors (consumer text primary key, id integer not null);
"""
KEEP_BYTES = 512 * 1024 * 1024
KEPT_SHARE = 0.9  # of them, once there are more
DROPPED_SHARE = 20  # the oldest twentieth at once
NEW_READS = 1000  # elements from before a detector came
REQUEST = """
insert into elements (namespace, deployment, predictor, container, request_id, at, model, request,
  request_time, source)
values (:namespace, :deployment, :predictor, :container, :request_id, :time, :model, :body, :time, :source)
on conflict do update set request = excluded.request, request_time = excluded.request_time,
  at = excluded.at, source = excluded.source
where request_time is null
"""
RESPONSE = """
insert into elements (namespace, deployment, predictor, container, request_id, at, model, response,
  response_time, source, status, error, seconds)
values (:namespace, :deployment, :predictor, :container, :request_id, :time, :model, :body, :time, :source,
  :status, :error, :seconds)
on conflict do update set response = excluded.response, response_time = excluded.response_time,
  status = excluded.status, error = excluded.error, seconds = excluded.seconds
where response_time is null
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that a detector has not seen yet."""

    id: int
    predictor: str
    model: str
    body: bytes


class Log:
    """What is written has reached the disk when a method returns."""

    def __init__(self, path: Path, keep_bytes: int = KEEP_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.executescript(SCHEMA)
        self._keep = keep_bytes

    def close(self) -> None:
        self._db.close()

    def add(self, events: Iterable[Logged]) -> None:
        """All of them or none. The first event of a kind counts; it may be the response that comes first."""
        with self._db:
            self._db.execute("begin immediate")
            for event in events:
                self._db.execute(RESPONSE if event.is_response else REQUEST, event.row)
        self._shrink()

    def newest(self) -> int:
        (found,) = self._db.execute("select coalesce(max(id), 0) from elements").fetchone()
        return int(found)

    def cursor(self, consumer: str) -> int:
        """How far a detector has read; a new one begins with what came last."""
        row = self._db.execute("select id from cursors where consumer = ?", (consumer,)).fetchone()
        return int(row[0]) if row else max(0, self.newest() - NEW_READS)

    def after(self, cursor: int, namespace: str, deployment: str, limit: int) -> list[Asked]:
        rows = self._db.execute(
            "select id, predictor, model, request from elements where id > ? and namespace = ?"
            " and deployment = ? and request is not null order by id limit ?",
            (cursor, namespace, deployment, limit),
        )
        return [Asked(*row) for row in rows]

    def said(self, consumer: str, cursor: int, kind: str, replies: Sequence[tuple[int, str]]) -> None:
        """Keep a detector's replies beside the requests, and how far it has read."""
        column = {"outlier": "outlier", "drift": "drift"}[kind]
        with self._db:
            self._db.execute("begin immediate")
            self._db.executemany(
                f"update elements set {column} = ? where id = ?",
                [(reply, element) for element, reply in replies],
            )
            self._db.execute("replace into cursors values (?, ?)", (consumer, cursor))

    def _shrink(self) -> None:
        if self._used() <= self._keep:
            return
        while self._used() > self._keep * KEPT_SHARE:
            (count,) = self._db.execute("select count(*) from elements").fetchone()
            gone = self._db.execute(
                "delete from elements where id in (select id from elements order by id limit ?)",
                (max(1, count // DROPPED_SHARE),),
            )
            if not gone.rowcount:
                return

    def _used(self) -> int:
        size, pages, free = (
            int(self._db.execute(f"pragma {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
        return size * (pages - free)


class LogReader:
    """Another process's look at the log; an empty one while there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        if not self._path.exists():
            return []
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            return db.execute(query, values).fetchall()
