"""Finds the repository and lists its files; nothing outside the tree is ever read through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from releasectl.errors import Problem, UsageError

ENGINE = Path(__file__).resolve().parents[1]  # where schemas, generators and policies of this engine live
MARKERS = ("releases", "environments")
RENDERED = "rendered"  # folders of generated files, never read as input
MAX_BYTES = 1024 * 1024


def find_root(start: Path) -> Path:
    """The nearest folder from `start` upwards that holds `releases/` and `environments/`."""
    begin = start.resolve()
    for folder in (begin, *begin.parents):
        if all((folder / marker).is_dir() for marker in MARKERS):
            return folder
    raise UsageError.at(
        start,
        "no releases/ and environments/ here or in any folder above",
        "change into a clone of the repository, or name it with -C FOLDER",
    )


def files(root: Path, folder: str) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Paths below `folder`, relative to the root, sorted; links that leave the tree are problems instead."""
    real_root = root.resolve()
    paths: list[str] = []
    problems: list[Problem] = []
    top = root / folder
    if top.is_symlink() and not _inside(real_root, top):
        return (), (_leaves(folder),)
    if top.is_dir():
        for path, is_link in _walk(top, folder):
            if is_link and not _inside(real_root, root / path):
                problems.append(_leaves(path))
            elif not is_link or (root / path).is_file():
                paths.append(path)
    return tuple(sorted(paths)), tuple(sorted(problems, key=lambda problem: problem.where))


def read(root: Path, path: str) -> bytes | Problem:
    """The bytes of an input file, or why they cannot be had."""
    try:
        if not stat.S_ISREG((root / path).stat().st_mode):  # a pipe would be waited for, without end
            return Problem(path, "is not a file", "put a file of this name in its place, or remove it")
        with (root / path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
            size = os.fstat(stream.fileno()).st_size
    except OSError as error:
        return Problem(path, f"cannot be read: {error.strerror}", "check that it exists and may be read")
    if len(content) > MAX_BYTES:
        return Problem(
            path,
            f"{size:,} bytes; a file of this kind holds at most {MAX_BYTES:,}",
            "keep data in Pachyderm and only its commit here",
        )
    return content


def _walk(folder: Path, relative: str) -> Iterator[tuple[str, bool]]:
    """Files and links below `folder`; a linked folder is reported as a link, never entered."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{relative}/{entry.name}"
            if entry.is_symlink():
                yield path, True
            elif not entry.is_dir() or entry.name.endswith(
                ".yaml"
            ):  # a folder in the place of a file is told
                yield path, False
            elif entry.name != RENDERED:
                yield from _walk(folder / entry.name, path)


def _inside(real_root: Path, path: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(real_root)
    except (OSError, RuntimeError):  # it leads nowhere, or round in a circle
        return False


def _leaves(path: str) -> Problem:
    return Problem(
        path,
        "a symbolic link that leaves the repository or leads nowhere",
        "replace the link by the file itself",
    )
