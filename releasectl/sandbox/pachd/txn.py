"""The store, and the context that the steps of one transaction share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from releasectl.sandbox.pachd.store.blobs import BlobStore
from releasectl.sandbox.pachd.store.db import Conn, Database
from releasectl.sandbox.pachd.store.trees import Trees


@dataclass(frozen=True)
class Store:
    """Everything that is on disk."""

    root: Path
    db: Database
    blobs: BlobStore
    trees: Trees

    @classmethod
    def open(cls, root: Path) -> Store:
        root.mkdir(parents=True, exist_ok=True)
        db = Database(root / "pachd.db")
        return cls(root, db, BlobStore(root, db), Trees())

    def cluster_id(self) -> str:
        with self.db.read() as conn:
            return str(conn.execute("SELECT id FROM cluster").fetchone()["id"])


@dataclass
class Txn:
    """One id and one moment for all of it; `moved` and `rebased` are branches to propagate at its end."""

    conn: Conn
    store: Store
    id: str
    now: int
    moved: dict[int, None] = field(default_factory=dict)  # the head is another commit now
    rebased: dict[int, None] = field(default_factory=dict)  # the provenance changed
