"""Lays out /pfs for one datum: inputs as files, empty files or empty folders, and /pfs/out.

A lazy input, which is a named pipe on a cluster, is a file here: it can be read the same way, and more.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from releasectl.sandbox.pachd import commits, content
from releasectl.sandbox.pachd.pps.datums import Datum, InputFile
from releasectl.sandbox.pachd.store.blobs import open_chunks
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.trees import Dir, File
from releasectl.sandbox.pachd.txn import Store

SCRATCH = ".scratch"


def lay_out(store: Store, datum: Datum, pfs: Path) -> int:
    """Returns how many bytes were copied. Files are copies, so that nothing a worker does reaches a blob."""
    for folder in ("out", SCRATCH):
        (pfs / folder).mkdir(parents=True)
    copied = 0
    for source in datum.files:
        base = pfs / source.name
        base.mkdir(exist_ok=True)
        if not source.s3:  # an s3 input is read through the gateway: its folder stays empty
            for path, file in _files(store, source):
                target = base / path.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                copied += _write(store, file, target, empty=source.empty_files)
    return copied


def _files(store: Store, source: InputFile) -> list[tuple[str, File]]:
    with store.db.read() as conn:
        item = store.trees.find(conn, root(conn, source), source.path)
        if isinstance(item, Dir):
            return list(store.trees.files(conn, item.key, source.path))
        return [(source.path, item)] if item is not None else []


def root(conn: Conn, source: InputFile) -> str:
    return content.tree(conn, commits.by_row(conn, source.commit))


def _write(store: Store, file: File, target: Path, *, empty: bool) -> int:
    size = 0 if empty else file.size
    target.unlink(missing_ok=True)  # two members of a group may bring the same file
    with target.open("wb") as sink:
        if not empty:
            with open_chunks(store.blobs, file.chunks) as stream:
                shutil.copyfileobj(stream, sink, 1 << 20)
    target.chmod(0o444)
    return size
