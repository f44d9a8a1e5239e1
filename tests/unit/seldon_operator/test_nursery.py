"""A nursery that hangs keeps no server from its start, and itself not from its end."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import psutil
import pytest

from releasectl.sandbox.seldon import nursery
from releasectl.sandbox.seldon.nursery import Nursery
from releasectl.sandbox.seldon.processes import Process

LIMIT = 60  # seconds, for what takes a moment


@pytest.fixture
def hanging(tmp_path: Path) -> Nursery:
    """Its Python reads no line."""
    python = tmp_path / "servers" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexec sleep 600\n")
    python.chmod(0o755)
    return Nursery(tmp_path / "servers", tmp_path)


def spawn(hanging: Nursery, folder: Path) -> Process:
    command = [sys.executable, "-c", "print('began by itself')"]
    return hanging.spawn(command, {}, folder, folder / "server.log", (1, 2, 3))


def children() -> set[int]:
    return {each.pid for each in psutil.Process().children()}


def test_a_silent_one_is_ended_and_the_server_starts_by_itself(
    hanging: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(nursery, "PATIENCE", 0.2)
    before = children()
    server = spawn(hanging, tmp_path)
    assert "it was silent for 0.2 s" in caplog.text
    assert children() - before <= {server.pid}


def test_its_end_does_not_wait_for_who_waits_for_it(hanging: Nursery, tmp_path: Path) -> None:
    hanging.warm()
    asking = threading.Thread(target=spawn, args=(hanging, tmp_path), daemon=True)
    asking.start()
    ending = threading.Thread(target=hanging.stop, daemon=True)
    while not hanging._lock.locked():  # it waits for an answer with the lock in its hands
        pass
    ending.start()
    ending.join(LIMIT)
    asking.join(LIMIT)
    assert (ending.is_alive(), asking.is_alive()) == (False, False)
    assert not hanging._lock.locked()
