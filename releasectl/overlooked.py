"""What git was told not to look at: nobody would see a difference there, so nothing is judged on its word."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from releasectl.errors import InvalidInput, Problem
from releasectl.gitrun import run
from releasectl.pathnames import JUDGE, shown
from releasectl.reading import FOLDERS


def require_seen(root: Path) -> None:
    """Raise InvalidInput if git overlooks files that count, or compares with another folder than `root`."""
    InvalidInput.raise_if(_overlooked(root))


def _overlooked(root: Path) -> Iterator[Problem]:
    if run(root, "rev-parse", "--is-inside-work-tree").stdout.strip() != b"true":
        what = "is not in the working tree that git compares with commits"
        yield Problem(str(root), what, "work in a clone, and `git config --unset core.worktree`")
        return
    listed = run(root, "ls-files", "-v", "-z").stdout.decode(errors="replace").split("\0")[:-1]
    marked = [(line[0], line[2:]) for line in listed if line[0] != "H" and _counts(line[2:])]
    if sparse := [path for mark, path in marked if mark in "Ss"]:
        yield _problem(sparse, "a sparse checkout, or skip-worktree", "git sparse-checkout disable")
    if assumed := [path for mark, path in marked if mark.islower()]:
        undo = f"git update-index --no-assume-unchanged -- {shlex.join(assumed)}"
        yield _problem(assumed, "assume-unchanged", undo)


def _counts(path: str) -> bool:
    return path.startswith(tuple(f"{folder}/" for folder in FOLDERS)) or bool(JUDGE.fullmatch(path))


def _problem(paths: Sequence[str], how: str, undo: str) -> Problem:
    others = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    what = f"git was told to overlook it{others} ({how}): a change there would be seen by nobody"
    return Problem(shown(paths[0]), what, f"undo it: `{undo}`")
