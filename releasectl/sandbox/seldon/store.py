"""The cluster's memory: objects, detectors, what is live and which processes run, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from releasectl.model import Json

SCHEMA = """
create table if not exists objects (
  namespace text, name text, body text not null, status text not null, primary key (namespace, name));
create table if not exists detectors (
  namespace text, deployment text, kind text, name text, body text not null,
  primary key (namespace, deployment, kind, name));
create table if not exists commitments (unit text primary key, body text not null);
create table if not exists processes (key text primary key, server text not null, process text not null);
create table if not exists settings (name text primary key, value text not null);
"""


@dataclass(frozen=True, slots=True)
class StoredDetector:
    """A detector of a SeldonDeployment: `kind` is "drift" or "outlier", `body` the DetectorConfigData."""

    namespace: str
    deployment: str
    kind: str
    name: str
    body: Json


class Store:
    """Every write is on the disk when the method returns; used from one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the writes within, or none."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def next_number(self, name: str) -> int:
        """Count up: resource versions, routing generations."""
        number = int(self.setting(name) or 0) + 1
        self.set(name, number)
        return number

    def setting(self, name: str) -> Json:
        """None if it was never set."""
        row = self._db.execute("select value from settings where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def set(self, name: str, value: Json) -> None:
        self._db.execute("replace into settings values (?, ?)", (name, json.dumps(value)))

    def object(self, namespace: str, name: str) -> Json:
        """The object as the API answers it, or None."""
        row = self._db.execute(
            "select body, status from objects where namespace = ? and name = ?", (namespace, name)
        ).fetchone()
        return _whole(*row) if row else None

    def objects(self, namespace: str | None = None) -> list[Json]:
        """Those of one namespace, or of all, by namespace and name."""
        rows = self._db.execute(
            "select body, status from objects where ?1 is null or namespace = ?1 order by namespace, name",
            (namespace,),
        )
        return [_whole(*row) for row in rows]

    def put_object(self, body: Json) -> Json:
        """Write everything but the status, which has a writer of its own; returns the whole."""
        metadata = body["metadata"]
        content = {key: value for key, value in body.items() if key != "status"}
        with self.transaction():
            metadata["resourceVersion"] = str(self.next_number("resourceVersion"))
            self._db.execute(
                "insert into objects values (?, ?, ?, 'null') on conflict do update set body = excluded.body",
                (metadata["namespace"], metadata["name"], json.dumps(content)),
            )
        return self.object(metadata["namespace"], metadata["name"])

    def put_status(self, namespace: str, name: str, status: Json) -> None:
        """Replace the status of an object, if it still exists."""
        with self.transaction():
            if (body := self.object(namespace, name)) is None:
                return
            body.pop("status", None)
            body["metadata"]["resourceVersion"] = str(self.next_number("resourceVersion"))
            self._db.execute(
                "update objects set body = ?, status = ? where namespace = ? and name = ?",
                (json.dumps(body), json.dumps(status), namespace, name),
            )

    def delete_object(self, namespace: str, name: str) -> bool:
        """Delete an object and its detectors; False if there is none."""
        with self.transaction():
            self._db.execute(
                "delete from detectors where namespace = ? and deployment = ?", (namespace, name)
            )
            cursor = self._db.execute(
                "delete from objects where namespace = ? and name = ?", (namespace, name)
            )
        return cursor.rowcount > 0

    def detectors(self) -> list[StoredDetector]:
        """Oldest first."""
        rows = self._db.execute(
            "select namespace, deployment, kind, name, body from detectors order by rowid"
        )
        return [
            StoredDetector(namespace, deployment, kind, name, json.loads(body))
            for namespace, deployment, kind, name, body in rows
        ]

    def add_detector(self, detector: StoredDetector) -> bool:
        """False if one of that name is there already."""
        values = (detector.namespace, detector.deployment, detector.kind, detector.name)
        cursor = self._db.execute(
            "insert or ignore into detectors values (?, ?, ?, ?, ?)", (*values, json.dumps(detector.body))
        )
        return cursor.rowcount > 0

    def delete_detector(self, detector: StoredDetector) -> None:
        """Nothing happens if it is not there."""
        self._db.execute(
            "delete from detectors where namespace = ? and deployment = ? and kind = ? and name = ?",
            (detector.namespace, detector.deployment, detector.kind, detector.name),
        )

    def commitments(self) -> dict[str, Json]:
        """What is live of each unit."""
        rows = self._db.execute("select unit, body from commitments order by unit")
        return {unit: json.loads(body) for unit, body in rows}

    def commit(self, unit: str, body: Json) -> None:
        """`body` is what is live of the unit from now on."""
        self._db.execute("replace into commitments values (?, ?)", (unit, json.dumps(body)))

    def forget(self, unit: str) -> None:
        """Nothing of the unit is live any more."""
        self._db.execute("delete from commitments where unit = ?", (unit,))

    def processes(self) -> list[tuple[Json, Json]]:
        """(server, process) of every process that was started and not seen to end."""
        rows = self._db.execute("select server, process from processes order by rowid")
        return [(json.loads(server), json.loads(process)) for server, process in rows]

    def put_process(self, key: str, server: Json, process: Json) -> None:
        """`key` is that of the server."""
        values = (key, json.dumps(server), json.dumps(process))
        self._db.execute("replace into processes values (?, ?, ?)", values)

    def delete_process(self, key: str) -> None:
        self._db.execute("delete from processes where key = ?", (key,))


def _whole(body: str, status: str) -> Json:
    whole = json.loads(body)
    if (state := json.loads(status)) is not None:
        whole["status"] = state
    return whole
