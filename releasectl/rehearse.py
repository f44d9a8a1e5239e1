"""Tries changed files in a copy of the repository's data: a file is written once all would hold."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from releasectl.files import replace
from releasectl.reading import FOLDERS, WAIVERS


@contextmanager
def rehearsal(root: Path, changed: Mapping[str, str]) -> Iterator[Path]:
    """A scratch root: the input folders as they are, with `changed` (path -> text) written over them."""
    with tempfile.TemporaryDirectory(prefix="releasectl-") as scratch:
        copy = Path(scratch)
        for folder in FOLDERS:
            shutil.copytree(root / folder, copy / folder, symlinks=True)
        if (root / WAIVERS).is_file():
            replace(copy / WAIVERS, (root / WAIVERS).read_bytes())
        for path, text in changed.items():
            replace(copy / path, text.encode())
        yield copy
