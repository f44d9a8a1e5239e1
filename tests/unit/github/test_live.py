"""Whom a review asks what is live: the cluster that the base names, and nobody whom the difference names."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from releasectl.cli.main import guarded
from releasectl.errors import PolicyDenied
from tests.unit.github.clones import change, commit, git

PLATFORM = "environments/platforms/sandbox.yaml"


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """Somebody's own machine, at which calls would arrive, with the token of whoever calls."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        found.setblocking(False)
        yield found


def called(door: socket.socket) -> bool:
    try:
        door.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def leads_to(clone: Path, door: socket.socket) -> None:
    where = f"127.0.0.1:{door.getsockname()[1]}"
    lines = [f"pachd: {where}", *(f"{name}: http://{where}" for name in ("s3", "seldon_deploy", "ingress"))]
    (clone / PLATFORM).write_text("\n".join([*lines, "timeout_seconds: 1", ""]))


@pytest.mark.parametrize("before_it_is_merged", [True, False])
def test_a_review_asks_nobody_whom_the_difference_names(
    clone: Path, door: socket.socket, capsys: pytest.CaptureFixture[str], before_it_is_merged: bool
) -> None:
    leads_to(clone, door)
    if not before_it_is_merged:
        commit(clone, "another cluster")
        git(clone, "push", "-q", "origin", "main")
    git(clone, "switch", "-q", "-c", "work")
    change(clone)
    commit(clone, "work")
    capsys.readouterr()
    command = ["-C", str(clone), "review", "--base", "origin/main", "--live", "--format", "json"]
    assert guarded(command) == PolicyDenied.exit_code  # there is no engine in this repository to judge it
    found = json.loads(capsys.readouterr().out)
    assert (found["command"], found["ok"]) == ("review", False)
    assert called(door) is not before_it_is_merged
    (live,) = found["live"]
    told = f"refused: {PLATFORM}: says where the cluster is, so nobody was asked" in str(live)
    assert told is before_it_is_merged
