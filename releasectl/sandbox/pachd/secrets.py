"""Secrets: what Kubernetes would keep for pachd, and what workers get of it."""

from __future__ import annotations

import base64
import json
from typing import Any, NamedTuple

from releasectl.sandbox.pachd.errors import PachError, exists, not_found
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.txn import Txn


class Secret(NamedTuple):
    name: str
    type: str
    data: dict[str, str]  # values in base64
    created: int

    def value(self, key: str) -> bytes:
        return base64.b64decode(self.data[key])


def create(txn: Txn, file: bytes) -> None:
    try:
        body = json.loads(file)
        name, data = str(body["metadata"]["name"]), dict(body.get("data") or {})
        for value in data.values():
            base64.b64decode(value, validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise PachError(f"failed to decode the secret: {error}") from error
    if body.get("kind") != "Secret" or not name:
        raise PachError("the file is not a Kubernetes Secret with a name")
    if txn.conn.execute("SELECT 1 FROM secret WHERE name = ?", (name,)).fetchone():
        raise exists(f"secrets {name!r} already exists")
    kind = str(body.get("type") or "Opaque")
    txn.conn.execute("INSERT INTO secret VALUES (?, ?, ?, ?)", (name, kind, json.dumps(data), txn.now))


def get(conn: Conn, name: str) -> Secret:
    row = conn.execute("SELECT * FROM secret WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise not_found(f"secrets {name!r} not found")
    return Secret(row["name"], row["type"], json.loads(row["data"]), row["created"])


def all_of(conn: Conn) -> list[Secret]:
    return [
        get(conn, row["name"]) for row in conn.execute("SELECT name FROM secret ORDER BY name").fetchall()
    ]


def delete(txn: Txn, name: str) -> None:
    get(txn.conn, name)
    txn.conn.execute("DELETE FROM secret WHERE name = ?", (name,))


def check(conn: Conn, spec: Any) -> None:
    """Every secret and key that a spec names must exist when the pipeline is created."""
    for wanted in spec.transform.secrets:
        if wanted.env_var and not wanted.key:
            raise PachError(f"secret {wanted.name!r} has an env_var {wanted.env_var!r} but no key")
        secret = get(conn, wanted.name)
        if wanted.key and wanted.key not in secret.data:
            raise not_found(f"secret {wanted.name!r} has no key {wanted.key!r}")
    if spec.egress.HasField("sql_database"):
        login = spec.egress.sql_database.secret
        if login.key not in get(conn, login.name).data:
            raise not_found(f"secret {login.name!r} has no key {login.key!r}")
