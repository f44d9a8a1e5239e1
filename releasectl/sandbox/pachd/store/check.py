"""Checks that everything that commits refer to is there."""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.sandbox.pachd.store.blobs import BlobStore
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.trees import EMPTY_DIR, Trees


def lost(conn: Conn, blobs: BlobStore, trees: Trees) -> Iterator[str]:
    """One line per missing piece; shared pieces are looked at once."""
    seen = {EMPTY_DIR.key}
    inline = {row["hash"] for row in conn.execute("SELECT hash FROM blob")}
    waiting = [
        row["tree"] for row in conn.execute("SELECT DISTINCT tree FROM commits WHERE tree IS NOT NULL")
    ]
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        if not conn.execute("SELECT 1 FROM node WHERE key = ?", (key,)).fetchone():
            yield f"directory {key} is missing"
            continue
        node = trees.load(conn, key)
        waiting.extend(directory.key for directory in node.dirs.values())
        for name, file in node.files.items():
            for chunk in file.chunks:
                if chunk.hash not in inline and not blobs.path(chunk.hash).exists():
                    yield f"content {chunk.hash} of a file {name!r} is missing"
