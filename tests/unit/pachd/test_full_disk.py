"""A store whose disk fills up: the write fails, nothing of it stays, and the next one works."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from releasectl.sandbox.pachd.store.blobs import INLINE, BlobStore
from releasectl.sandbox.pachd.store.db import Conn, Database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "pachd.db")
    yield made
    made.close()


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def wrong_at_its_commit(conn: Conn) -> None:
    conn.execute("PRAGMA defer_foreign_keys = ON")
    conn.execute("INSERT INTO commit_provenance VALUES (1, 2)")


def test_a_transaction_that_cannot_be_committed_is_rolled_back(db: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError), db.write() as conn:
        wrong_at_its_commit(conn)
    with db.write() as conn:
        assert conn.execute("SELECT count(*) FROM commit_provenance").fetchone()[0] == 0


def test_a_blob_that_cannot_be_written_leaves_no_file(db: Database, tmp_path: Path) -> None:
    writer = BlobStore(tmp_path, db).batch().writer()
    with no_file_above(INLINE + 100):
        writer.write(b"x" * (INLINE + 1))
        writer.write(b"y" * 100)  # waits in a buffer until the file is closed
        with pytest.raises(OSError, match="File too large"):
            writer.close()
        with suppress(OSError):
            writer.discard()
    assert list((tmp_path / "uploads").iterdir()) == []
