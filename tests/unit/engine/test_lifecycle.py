"""Starting and stopping the sandbox's processes, and what is said when that does not work."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from releasectl.errors import PlatformRefused
from releasectl.sandbox import lifecycle
from releasectl.sandbox.services import Service, services
from releasectl.singlefile import load_platform
from tests.builder import build


def service(folder: Path, name: str, ports: dict[str, int], code: str = "") -> Service:
    health = tuple((port, "") for port in ports.values())
    return Service(name, folder / name, (sys.executable, "-c", code), ports, health)


def listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def test_every_port_that_is_taken_is_told_and_nothing_is_started(tmp_path: Path) -> None:
    said: list[str] = []
    with listener() as first, listener() as second:
        taken = [first.getsockname()[1], second.getsockname()[1]]
        services = [
            service(tmp_path, "pachd", {"s3": taken[0]}),
            service(tmp_path, "seldon", {"ingress": taken[1]}),
        ]
        with pytest.raises(PlatformRefused) as caught:
            lifecycle.up(services, said.append)
    assert [problem.where for problem in caught.value.problems] == [f"127.0.0.1:{port}" for port in taken]
    me = f"{psutil.Process().name()} (pid {os.getpid()})"
    assert caught.value.problems[1].what == f"{me} listens there, seldon needs the port"
    assert said == []
    assert not (tmp_path / "logs").exists()


def test_a_process_that_ends_at_its_start_is_told_by_what_it_said_last(tmp_path: Path) -> None:
    with listener() as probe:
        free = probe.getsockname()[1]
    broken = service(tmp_path, "pachd", {"pachd": free}, "print('there is no database'); raise SystemExit(1)")
    broken.log.parent.mkdir(parents=True)
    broken.log.write_text("what an earlier process said\n")
    with pytest.raises(PlatformRefused) as caught:
        lifecycle.up([broken], lambda _: None)
    assert caught.value.problems[0].what == "pachd ended at its start: there is no database"


@pytest.fixture
def sleeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A process that is known by its command line, as those of the sandbox are, and only sleeps."""
    package = tmp_path / "code" / "releasectl" / "sandbox"
    package.mkdir(parents=True)
    for file in (package.parent / "__init__.py", package / "__init__.py"):
        file.touch()
    (package / "pachd.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "code"))
    state = tmp_path / "state" / "pachd"
    command = (sys.executable, "-m", "releasectl.sandbox.pachd", "--state", str(state), "--port", "30650")
    return Service("pachd", state, command, {}, ())


def test_what_was_started_beside_a_process_that_cannot_start_is_stopped(
    tmp_path: Path, sleeper: Service
) -> None:
    with listener() as probe:
        free = probe.getsockname()[1]
    broken = service(tmp_path / "state", "seldon", {"seldon": free}, "raise SystemExit(1)")
    said: list[str] = []
    with pytest.raises(PlatformRefused, match="seldon ended at its start"):
        lifecycle.up([sleeper, broken], said.append)
    assert [line.split(" (")[0] for line in said[-1:]] == ["stopping pachd"]
    assert lifecycle.running(sleeper) is None


def test_what_runs_on_other_ports_than_the_platform_file_says_is_told(sleeper: Service) -> None:
    lifecycle.up([sleeper], lambda _: None)
    try:
        elsewhere = replace(sleeper, command=(*sleeper.command[:-1], "31650"))
        with pytest.raises(PlatformRefused) as caught:
            lifecycle.up([elsewhere], lambda _: None)
    finally:
        lifecycle.down([sleeper], lambda _: None)
    assert caught.value.problems[0].what == "runs on port 30650, and the platform file says 31650"


def test_a_halted_process_is_told_at_once_and_ends_in_order(
    sleeper: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "STOP_SECONDS", 600)  # it would not be killed
    lifecycle.up([sleeper], lambda _: None)
    process = lifecycle.running(sleeper)
    assert process is not None
    process.suspend()
    try:
        with pytest.raises(PlatformRefused, match="is halted by a signal") as caught:
            lifecycle.up([sleeper], lambda _: None)
    finally:
        lifecycle.down([sleeper], lambda _: None)
    assert f"kill -CONT {process.pid}" in caught.value.problems[0].remedy
    assert lifecycle.running(sleeper) is None


def test_a_process_whose_state_was_removed_does_not_serve(sleeper: Service) -> None:
    kept = replace(sleeper, database="pachd.db")
    lifecycle.start(kept, lambda _: None)
    try:
        (kept.state / "pachd.db").touch()
        lifecycle.up([kept], lambda _: None)
        shutil.rmtree(kept.state)
        assert lifecycle.one_status(kept).word == "without its state"
        with pytest.raises(PlatformRefused, match="which somebody has removed"):
            lifecycle.up([kept], lambda _: None)
    finally:
        lifecycle.down([kept], lambda _: None)


def test_a_halted_server_answers_no_request_whoever_takes_the_connection(tmp_path: Path) -> None:
    with listener() as silent:
        port = silent.getsockname()[1]
        assert replace(service(tmp_path, "seldon", {}), health=((port, ""),)).healthy()
        assert not replace(service(tmp_path, "seldon", {}), health=((port, "/"),)).healthy()


def test_the_ingress_is_asked_and_not_only_called(tmp_path: Path) -> None:
    found = services(load_platform(build(tmp_path).root, "sandbox"), tmp_path)
    assert [path for each in found for port, path in each.health if port == each.ports.get("ingress")] == [
        "/"
    ]


def test_what_was_deployed_is_waited_for(tmp_path: Path) -> None:
    said: list[str] = []
    looks = [("staging/income",), ("staging/income",), ()]
    found = replace(service(tmp_path, "seldon", {}), starting=lambda: looks.pop(0))
    lifecycle.wait_until_deployed(found, said.append)
    assert said == ["starting again: staging/income"]
    assert looks == []


def test_what_does_not_serve_in_time_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(lifecycle, "RETURN_SECONDS", 0)
    found = replace(service(tmp_path, "seldon", {}), starting=lambda: ("staging/income",))
    lifecycle.wait_until_deployed(found, said.append)
    assert said[1] == "not serving yet: staging/income; see `releasectl status`"


def test_down_where_nothing_runs_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    lifecycle.down([service(tmp_path, "pachd", {})], said.append)
    assert said == ["nothing runs"]


@pytest.mark.parametrize(
    ("lines", "shown"), [(0, []), (1, ["pachd: two"]), (9, ["pachd: one", "pachd: two"])]
)
def test_the_last_lines_of_a_log(tmp_path: Path, lines: int, shown: list[str]) -> None:
    (tmp_path / "pachd.log").write_text("one\ntwo\n")
    logs = {"pachd": tmp_path / "pachd.log"}
    assert list(lifecycle.follow(logs, lines, keep_on=False)) == shown


def test_lines_of_several_logs_by_their_time(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("2026-01-02 03:04:05,100 first\n  goes with it\n2026-01-02 03:04:07 last\n")
    (tmp_path / "b").write_text("2026-01-02T03:04:06 between\n")
    logs = {name: tmp_path / name for name in "ab"}
    assert list(lifecycle.follow(logs, 3, keep_on=False)) == [
        "a:   goes with it",
        "b: 2026-01-02T03:04:06 between",
        "a: 2026-01-02 03:04:07 last",
    ]
