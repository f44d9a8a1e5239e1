"""What all tests share, and which of them run beside which."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

MEMORY, ROOM = Path("/dev/shm"), 8 * 2**30  # bytes; a whole run writes 1.1 GB

# Mostly waiting, so they run beside all others, and begin before them: the longest first.
LONGEST = (
    "tests/e2e/test_demo.py",
    "tests/workflows/test_story.py",
    "tests/workflows/test_attacks.py",
    "tests/e2e/test_no_request_lost.py",
    "tests/e2e/test_apply.py",
    "tests/contract/seldon/",
)


def pytest_configure() -> None:
    """Temporary files go to memory where there is room: on a disk they take a fifth of a run's CPU time."""
    if "TMPDIR" not in os.environ and roomy(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # whoever asked before, asks again


def roomy(folder: Path) -> bool:
    """Whether programs can be written there and run, which containers often forbid."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    found = os.statvfs(folder)
    return not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize >= ROOM


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest, then what else starts processes, then the rest."""

    def rank(item: pytest.Item) -> int:
        if item.get_closest_marker("processes") is None:
            return len(LONGEST) + 1
        begun = (number for number, path in enumerate(LONGEST) if item.nodeid.startswith(path))
        return next(begun, len(LONGEST))

    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file, or a folder of LONGEST, is run by one worker, which builds once what its tests share.

    `--dist loadgroup` would do, but xdist 3.8 marks its groups in a way that pytest 9 does not see.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByPlace(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return next((path for path in LONGEST if file.startswith(path)), file)

    config.option.loadscopereorder = False  # the order of the collection is meant
    return ByPlace(config, log)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports are as wide as the terminal; tests have none, and the runner's workers claim 80 columns."""
    monkeypatch.setenv("COLUMNS", "120")
