"""Tries changed files in a copy of the repository's data: a file is written once all would hold."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from releasectl.errors import InvalidInput, PlatformRefused
from releasectl.files import replace, replace_all
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
        _overwrite(copy, changed)
        yield copy


def _overwrite(copy: Path, changed: Mapping[str, str]) -> None:
    """What is in the way here is in the way there, and told by the name it has there."""
    try:
        replace_all({copy / path: text.encode() for path, text in changed.items()})
    except PlatformRefused as error:
        raise InvalidInput(
            *(
                dataclasses.replace(problem, where=problem.where.removeprefix(f"{copy}/"))
                for problem in error.problems
            )
        ) from None
