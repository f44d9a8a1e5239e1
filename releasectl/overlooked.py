"""What git was told not to look at: nobody would see a difference there, so nothing is judged on its word."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from releasectl.errors import InvalidInput, Problem
from releasectl.gitrun import run
from releasectl.pathnames import JUDGE, MADE, shown
from releasectl.reading import FOLDERS

# An engine that is installed and not committed is nobody's change.
READ: Final = (*FOLDERS, "generators", "policies", "releasectl", "trainers/schemas")


def require_seen(root: Path) -> None:
    """Raise InvalidInput if git overlooks or ignores files that count, or compares others than those here."""
    InvalidInput.raise_if(_overlooked(root))


def _overlooked(root: Path) -> Iterator[Problem]:
    if run(root, "rev-parse", "--is-inside-work-tree").stdout.strip() != b"true":
        what = "is not in the working tree that git compares with commits"
        yield Problem(str(root), what, "work in a clone, and `git config --unset core.worktree`")
        return
    known = [(line[0], line[2:]) for line in _listed(root, "-v")]
    marked = [(mark, path) for mark, path in known if mark != "H" and _counts(path)]
    if sparse := [path for mark, path in marked if mark in "Ss"]:
        yield _problem(sparse, "a sparse checkout, or skip-worktree", "git sparse-checkout disable")
    if assumed := [path for mark, path in marked if mark.islower()]:
        undo = f"git update-index --no-assume-unchanged -- {shlex.join(assumed)}"
        yield _problem(assumed, "assume-unchanged", undo)
    folders = [folder for folder in READ if any(path.startswith(f"{folder}/") for _, path in known)]
    yield from _ignored(root, folders)


def _ignored(root: Path, folders: Sequence[str]) -> Iterator[Problem]:
    options = ("--others", "--ignored", "--exclude-standard", "--")
    for path in _listed(root, *options, *folders) if folders else ():
        if not MADE.fullmatch(path) and not PurePosixPath(path).name.startswith("."):
            what = "git was told to ignore it, and it would be read all the same"
            line = f"git check-ignore -v {shlex.quote(path)}"
            yield Problem(shown(path), what, f"remove it, or the line by which it is ignored: `{line}`")


def _listed(root: Path, *options: str) -> list[str]:
    return run(root, "ls-files", "-z", *options).stdout.decode(errors="replace").split("\0")[:-1]


def _counts(path: str) -> bool:
    return path.startswith(tuple(f"{folder}/" for folder in FOLDERS)) or bool(JUDGE.fullmatch(path))


def _problem(paths: Sequence[str], how: str, undo: str) -> Problem:
    others = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    what = f"git was told to overlook it{others} ({how}): a change there would be seen by nobody"
    return Problem(shown(paths[0]), what, f"undo it: `{undo}`")
