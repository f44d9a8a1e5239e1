"""In a clone whose code is another: a person is told once whose code runs; a program is not."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from releasectl.repo import ENGINE


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The code that runs, in a repository of its own."""
    for folder in ("releasectl", "generators", "policies", "environments", "releases"):
        shutil.copytree(ENGINE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def on_a_terminal(clone: Path, **more: str) -> str:
    """What `rules` says on stderr, which is a terminal."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "releasectl.cli.main", "rules", "--explain", "FAIR-002"]
    subprocess.run(
        words, cwd=clone, env={**os.environ, "PYTHONSAFEPATH": "1", **more}, stdout=subprocess.DEVNULL,
        stderr=theirs, check=True,
    )  # fmt: skip
    os.write(theirs, b".")  # something to read where nothing was said
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)
    return said[:-1]


def test_the_same_code_is_not_told(clone: Path) -> None:
    assert on_a_terminal(clone) == ""


@pytest.mark.parametrize("file", ["policies/mine.py", "generators/strategies/mine.libsonnet"])
def test_another_rule_or_strategy_is_told_with_the_way_to_run_it(clone: Path, file: str) -> None:
    (clone / file).write_text("")
    assert on_a_terminal(clone).count("PYTHONPATH=.") == 1


def test_nothing_is_told_where_the_clone_runs_its_own(clone: Path) -> None:
    (clone / "releasectl" / "mine.py").write_text("")
    assert on_a_terminal(clone, PYTHONPATH=".") == ""
