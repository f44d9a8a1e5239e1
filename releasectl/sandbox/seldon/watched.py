"""Small JSON files by which one process tells others what it knows: replaced whole, read when they change."""

from __future__ import annotations

import json
import os
from pathlib import Path

from releasectl.model import Json


class Watched:
    """What another process last wrote; `None` while it has written nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._content: Json = None

    def read(self) -> Json:
        try:
            state = self._path.stat()
            if (seen := (state.st_mtime_ns, state.st_ino)) != self._seen:
                self._content, self._seen = json.loads(self._path.read_text()), seen
        except FileNotFoundError:
            self._content = self._seen = None
        return self._content


def replace(path: Path, content: Json) -> None:
    """Whole or not at all. It is written anew after a crash of the machine, so it need not reach the disk."""
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(content))
    partial.rename(path)
