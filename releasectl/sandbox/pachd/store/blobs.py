"""Content-addressed blobs: small ones are rows, the others are files renamed into place after fsync."""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from releasectl.sandbox.pachd.store.db import Conn, Database

INLINE = 32 * 1024
BATCH = 8 * 1024 * 1024  # small blobs wait in memory until this much has come together


class Chunk(NamedTuple):
    """A blob as a piece of a file."""

    hash: str
    size: int


EMPTY = Chunk(hashlib.blake2b(b"", digest_size=32).hexdigest(), 0)


class BlobStore:
    """Writing is idempotent; a blob that no tree refers to is invisible."""

    def __init__(self, root: Path, db: Database) -> None:
        self._root = root / "blobs"
        self._temporary = root / "uploads"
        self._db = db
        self._root.mkdir(parents=True, exist_ok=True)
        self._temporary.mkdir(exist_ok=True)
        for leftover in self._temporary.iterdir():
            leftover.unlink()

    def path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:]

    def open(self, digest: str) -> BinaryIO:
        try:
            return self.path(digest).open("rb")
        except FileNotFoundError:
            with self._db.read() as conn:
                row = conn.execute("SELECT data FROM blob WHERE hash = ?", (digest,)).fetchone()
            if row is None:
                raise
            return io.BytesIO(row["data"])

    def batch(self) -> BlobBatch:
        return BlobBatch(self, self._db)

    def temporary(self) -> BinaryIO:
        return (self._temporary / uuid.uuid4().hex).open("x+b")

    def keep(self, file: BinaryIO, digest: str) -> None:
        """Give a temporary file its final name, durably."""
        target = self.path(digest)
        file.flush()
        os.fsync(file.fileno())
        file.close()
        target.parent.mkdir(exist_ok=True)
        Path(file.name).replace(target)
        for folder in (target.parent, self._root):
            descriptor = os.open(folder, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)


class BlobBatch:
    """Blobs written together. `flush` before, or inside, the transaction that refers to them."""

    def __init__(self, store: BlobStore, db: Database) -> None:
        self._store = store
        self._db = db
        self._small: dict[str, bytes] = {}
        self._waiting = 0

    def writer(self) -> BlobWriter:
        """For one blob that comes piece by piece."""
        return BlobWriter(self)

    def add(self, data: bytes) -> Chunk:
        """One blob out of memory."""
        writer = self.writer()
        writer.write(data)
        return writer.close()

    def copy(self, path: Path) -> Chunk:
        """One blob out of a file, which stays."""
        writer = self.writer()
        with path.open("rb") as file:
            while data := file.read(1 << 20):
                writer.write(data)
        return writer.close()

    def adopt(self, path: Path) -> Chunk:
        """Like `copy`, but a big file is moved; nobody else may hold it open."""
        size = path.stat().st_size
        if size <= INLINE:
            return self.copy(path)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).hexdigest()
        path.chmod(0o444)
        self._store.keep(path.open("rb"), digest)
        return Chunk(digest, size)

    def small(self, digest: str, data: bytes) -> None:
        """Keep a small blob for `flush`; many of them go to the database at once."""
        self._small[digest] = data
        self._waiting += len(data)
        if self._waiting > BATCH:
            with self._db.write() as conn:
                self.flush(conn)
            self._small.clear()
            self._waiting = 0

    def flush(self, conn: Conn) -> None:
        """May be repeated, should the transaction be rolled back."""
        conn.executemany("INSERT OR IGNORE INTO blob VALUES (?, ?)", self._small.items())

    @property
    def store(self) -> BlobStore:
        """Where big blobs lie."""
        return self._store


class BlobWriter:
    """One blob being written: in memory while it is small, then in a temporary file."""

    def __init__(self, batch: BlobBatch) -> None:
        self._batch = batch
        self._digest = hashlib.blake2b(digest_size=32)
        self._file: BinaryIO = io.BytesIO()
        self._size = 0
        self._spilled = False

    def write(self, data: bytes) -> None:
        """Append; a blob that is no longer small goes on in a file."""
        self._digest.update(data)
        self._size += len(data)
        if self._size > INLINE and not self._spilled:
            head = self._file.getvalue() if isinstance(self._file, io.BytesIO) else b""
            self._file = self._batch.store.temporary()
            self._file.write(head)
            self._spilled = True
        self._file.write(data)

    def close(self) -> Chunk:
        """The blob is whole: its hash and size in bytes."""
        digest = self._digest.hexdigest()
        if isinstance(self._file, io.BytesIO):
            self._batch.small(digest, self._file.getvalue())
        else:
            self._batch.store.keep(self._file, digest)
        return Chunk(digest, self._size)

    def discard(self) -> None:
        """The blob is not wanted after all; on a full disk, closing the file fails."""
        if self._spilled:
            Path(self._file.name).unlink(missing_ok=True)
        self._file.close()


class ChunkedFile(io.RawIOBase):
    """Chunks one after the other, as one seekable stream."""

    def __init__(self, store: BlobStore, chunks: Sequence[Chunk]) -> None:
        self._store = store
        self._chunks = tuple(chunks)
        self._length = sum(chunk.size for chunk in chunks)
        self._position = 0
        self._open: tuple[int, BinaryIO] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        start = 0
        for index, chunk in enumerate(self._chunks):
            if start <= self._position < start + chunk.size:
                file = self._chunk(index)
                file.seek(self._position - start)
                data = file.read(min(len(view), start + chunk.size - self._position))
                view[: len(data)] = data
                self._position += len(data)
                return len(data)
            start += chunk.size
        return 0

    def _chunk(self, index: int) -> BinaryIO:
        if self._open is None or self._open[0] != index:
            if self._open is not None:
                self._open[1].close()
            self._open = index, self._store.open(self._chunks[index].hash)
        return self._open[1]

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None
        super().close()


def open_chunks(store: BlobStore, chunks: Sequence[Chunk]) -> BinaryIO:
    """Buffered, so that callers who read line by line do not pay for it."""
    return io.BufferedReader(ChunkedFile(store, chunks), 256 * 1024)
