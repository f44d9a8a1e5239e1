"""The workflows' own steps under act, and the hook of a commit: what a person waits for."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import lines, trained
from tests.e2e.stand import ROOT, Stand
from tests.workflows.forge import git
from tests.workflows.house import NAME, House, built, succeeded
from tests.workflows.runner import Run

Note = Callable[[str, str], None]
ROUNDS = 5
__all__ = ["lines", "trained"]  # the fixtures of the end-to-end tests


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, trained: Stand) -> Iterator[House]:
    with built(tmp_path_factory.mktemp("house"), trained) as found:
        yield found


def test_workflows(house: House, note: Note) -> None:
    """One release on its way; `apply` once more has nothing to do."""
    pull = house.release()
    measured: dict[str, Run] = {
        "check, without the tests": house.forge.check(pull, "check"),
        "plan": house.forge.plan(pull),
    }
    merged = house.forge.merge(pull)
    measured["apply, a first release of a model"] = house.forge.apply(merged)
    measured["apply, nothing to do"] = house.forge.apply(merged)
    measured["drift"] = house.forge.drift()
    for name, run in measured.items():
        note(f"workflow {name}: own steps", f"{succeeded(run).seconds:.1f} s")


def test_pre_commit(house: House, note: Note) -> None:
    """One changed release, rendered and checked."""
    house.forge.branch("hook")
    clone = house.forge.clone
    (clone / ".venv").mkdir(exist_ok=True)
    (clone / ".venv/bin").unlink(missing_ok=True)
    (clone / ".venv/bin").symlink_to(ROOT / ".venv/bin")
    assert yaml.safe_load((clone / f"releases/{NAME}.yaml").read_text())["name"] == "income"
    (clone / f"releases/{NAME}.yaml").write_text(
        (clone / f"releases/{NAME}.yaml").read_text() + "replicas: 2\n"
    )
    house.run("render")
    git(clone, "add", "-A")
    seconds = [hook(clone) for _ in range(ROUNDS)]
    note("pre-commit on one changed release", f"{statistics.median(seconds):.2f} s")


def hook(clone: Path) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [ROOT / ".venv/bin/pre-commit", "run"], cwd=clone, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(clone)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return time.perf_counter() - began
