"""How long a person waits before anything happens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RELEASECTL = str(Path(sys.executable).with_name("releasectl"))
CLICK = [sys.executable, "-c", "import click"]
ROUNDS = 20


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def test_import_click(benchmark) -> None:
    """The floor: what `--version` is measured against."""
    benchmark.pedantic(run, (CLICK,), rounds=ROUNDS, warmup_rounds=2)


def test_version(benchmark, note) -> None:
    """The goal is 1.5 times the floor and 30 ms."""
    benchmark.pedantic(run, ([RELEASECTL, "--version"],), rounds=ROUNDS, warmup_rounds=2)
    note("`releasectl --version`", f"{benchmark.stats.stats.median * 1000:.0f} ms")


def test_help(benchmark) -> None:
    benchmark.pedantic(run, ([RELEASECTL, "--help"],), rounds=5, warmup_rounds=1)


def test_check(benchmark, note) -> None:
    """This repository, as pre-commit runs it."""
    benchmark.pedantic(run, ([RELEASECTL, "check"],), rounds=5, warmup_rounds=1)
    note("`releasectl check` of this repository", f"{benchmark.stats.stats.median:.2f} s")
