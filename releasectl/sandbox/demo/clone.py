"""The scratch clone in which the demo plays: made anew each time, and a person's work in it kept."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import click

from releasectl.errors import UsageError
from releasectl.sandbox.demo.play import Stage, environment

# The story begins before the first release: a history of its own, without the releases of this repository,
# and a remote of its own, so that pull requests are tried without a push into the checkout.
BEFORE = """
git checkout --quiet --orphan main-of-the-demo
git rm --quiet -r --force --ignore-unmatch releases/models releases/comparisons 'releases/*/*.yaml'
releasectl render > /dev/null
git add -A
git commit --quiet -m 'The repository before its first release'
git branch --force --move main
git init --quiet --bare --initial-branch=main .git/origin
git remote set-url origin ./.git/origin
git push --quiet --set-upstream origin main
"""
IDENTITY = {"user.name": "CreditCo engineer", "user.email": "engineer@creditco.example"}


def prepare(root: Path, *, verbose: bool) -> Stage:
    """A fresh clone of the last commit under .sandbox/demo, before its first release; the sandbox of an
    earlier demo ends with its clone, unless somebody worked there.
    """
    clone = root / ".sandbox" / "demo" / "repository"
    stage = Stage(root, clone, clone.with_name("output"), verbose)
    begin = clone.with_name("begun")  # it is the clone once it is whole
    for left in (begin, gone(clone)):
        shutil.rmtree(left, ignore_errors=True)
    if clone.exists():
        subprocess.run(["releasectl", "sandbox", "down"], cwd=clone, env=environment(), check=False)
        cleared(clone, root)
    clone.parent.mkdir(parents=True, exist_ok=True)
    cloned = subprocess.run(
        ["git", "clone", "--quiet", "--no-hardlinks", str(root), str(begin)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if cloned.returncode:
        raise UsageError.at(
            root, f"cannot be cloned: {cloned.stderr.strip()}", "run the demo in a git clone with a commit"
        )
    (begin / "trainers/.venv").symlink_to(root / "trainers/.venv")
    for key, value in IDENTITY.items():
        subprocess.run(["git", "config", key, value], cwd=begin, check=True)
    begun = subprocess.run(
        ["bash", "-ec", BEFORE], cwd=begin, env=environment(), capture_output=True, text=True, check=False
    )
    if begun.returncode:
        raise UsageError.at(
            begin, f"cannot begin anew: {begun.stderr.strip()}", "mend what it says, then repeat `make demo`"
        )
    remembered(begin).write_text(work_in(begin))
    begin.rename(clone)
    shutil.rmtree(stage.kept, ignore_errors=True)
    stage.kept.mkdir()
    return stage


def cleared(clone: Path, root: Path) -> None:
    """An earlier clone is removed if it is as its demo left it; a person's work in it is moved aside."""
    left = remembered(clone)
    if left.exists() and left.read_text() == work_in(clone):
        clone.rename(gone(clone))  # else what is left of it after ^C would look like somebody's work
        shutil.rmtree(gone(clone))
        return
    aside = clone.with_name(f"{clone.name}-{time.strftime('%Y%m%d-%H%M%S')}")
    clone.rename(aside)
    click.echo(f"the earlier scratch clone is not as its demo left it: kept as {aside.relative_to(root)}")


def gone(clone: Path) -> Path:
    return clone.with_name("gone")


def remembered(clone: Path) -> Path:
    """Where it is kept how the demo left its clone."""
    return clone / ".git" / "left-by-the-demo"


def work_in(clone: Path) -> str:
    """All that a person can have changed: commits on any branch, edits, new files."""
    asked = ("rev-parse HEAD", "for-each-ref", "status --porcelain --untracked-files=all", "diff HEAD")
    return "".join(
        subprocess.run(["git", *words.split()], cwd=clone, capture_output=True, text=True, check=False).stdout
        for words in asked
    )
