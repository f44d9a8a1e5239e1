"""Whose code runs: that of the checkout releasectl is installed from, wherever it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click

from releasectl.repo import ENGINE

FOLDERS = ("releasectl", "generators", "policies")
CODE = (".py", ".libsonnet", ".jsonnet")


@cache
def note_other_engine(root: Path) -> None:
    """Tell a person, once, that the code of the repository at `root` is not the same and is not what runs."""
    if root == ENGINE or not sys.stderr.isatty() or not (root / "releasectl").is_dir():
        return
    if code_of(root) != code_of(ENGINE):
        click.secho(
            f"note: the engine, rules and generators are those of {ENGINE}, and this clone has others: "
            "`PYTHONPATH=. releasectl ...` in its root runs its own",
            fg="yellow",
            err=True,
        )


def code_of(root: Path) -> dict[str, bytes]:
    """The files whose content decides what a command does, by path."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in _files(root)}


def _files(root: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for where, inner, names in os.walk(root / folder):
            inner[:] = [name for name in inner if name != "__pycache__"]
            yield from (Path(where, name) for name in names if name.endswith(CODE))
