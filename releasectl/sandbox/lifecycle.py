"""Start, stop and look at the sandbox's processes; every call converges from whatever it finds."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from releasectl.errors import PlatformRefused, Problem
from releasectl.sandbox.listeners import other_ports, taken_ports
from releasectl.sandbox.services import Service

START_SECONDS = 30.0
STOP_SECONDS = 30.0
RETURN_SECONDS = 120.0
POLL_SECONDS = 0.05
ANEW = "start it anew with `releasectl sandbox down` and `releasectl sandbox up`"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{3})?Z?")


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """What is known of one process: `pid` is None when it does not run."""

    service: Service
    pid: int | None
    healthy: bool

    @property
    def word(self) -> str:
        if self.pid is None:
            return "stopped"
        if self.healthy:
            return "running"
        return "without its state" if self.service.lost and self.service.answering() else "not answering"


def status(services: Iterable[Service]) -> tuple[ServiceStatus, ...]:
    return tuple(one_status(service) for service in services)


def one_status(service: Service) -> ServiceStatus:
    process = running(service)
    return ServiceStatus(service, process.pid if process else None, process is not None and service.healthy())


def up(services: Iterable[Service], tell: Callable[[str], None]) -> None:
    """Start what does not run and wait until it serves. Running processes are left alone.

    If one cannot start, those that were started with it are stopped again.
    """
    services = tuple(services)
    with state_lock(services):
        PlatformRefused.raise_if(problem for service in services for problem in in_the_way(service))
        stopped = [service for service in services if not running(service)]
        waiting = [(service, size(service.log), start(service, tell)) for service in services]
        try:
            for service, since, process in waiting:
                wait_until_healthy(service, process, since)
                tell(f"{service.name} serves on {ports(service)}")
        except PlatformRefused:
            end(stopped, tell)
            raise
        for service in services:
            wait_until_deployed(service, tell)


def down(services: Iterable[Service], tell: Callable[[str], None]) -> None:
    """Stop in reverse order; each process ends what it started, and a sweep what outlived a killed one."""
    services = tuple(services)
    with state_lock(services):
        if not any(running(service) for service in services):
            tell("nothing runs")
        end(services, tell)


def end(services: Sequence[Service], tell: Callable[[str], None]) -> None:
    """In reverse order."""
    for service in reversed(services):
        if process := running(service):
            tell(f"stopping {service.name} (pid {process.pid})")
            stop(process)
        if service.sweep and service.state.exists():
            subprocess.run(service.sweep, capture_output=True, timeout=STOP_SECONDS, check=False)


def ports(service: Service) -> str:
    return ", ".join(f"127.0.0.1:{port} ({name})" for name, port in service.ports.items())


def start(service: Service, tell: Callable[[str], None]) -> psutil.Process:
    """The process that already runs, else a new one in a session of its own."""
    if process := running(service):
        return process
    tell(f"starting {service.name}")
    service.state.mkdir(parents=True, exist_ok=True)
    service.log.parent.mkdir(parents=True, exist_ok=True)
    with service.log.open("ab") as log:
        child = subprocess.Popen(
            service.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    return psutil.Process(child.pid)


def wait_until_healthy(service: Service, process: psutil.Process, since: int) -> None:
    """`since` is where the log stood when the process was started: what is before tells of others."""
    deadline = time.monotonic() + START_SECONDS
    while not service.healthy():
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            raise PlatformRefused.at(
                service.log,
                f"{service.name} ended at its start: {last_lines(service.log, since)}",
                "see the log",
            )
        if time.monotonic() > deadline:
            raise PlatformRefused.at(
                service.log,
                f"{service.name} is silent after {START_SECONDS:.0f} s: {last_lines(service.log, since)}",
                f"see the log; {ANEW}",
            )
        time.sleep(POLL_SECONDS)


def wait_until_deployed(service: Service, tell: Callable[[str], None]) -> None:
    """What was deployed when it went down serves again, or its time is over."""
    if starting := service.starting():
        tell(f"starting again: {', '.join(starting)}")
    deadline = time.monotonic() + RETURN_SECONDS
    while starting := service.starting():
        if time.monotonic() > deadline:
            tell(f"not serving yet: {', '.join(starting)}; see `releasectl status`")
            return
        time.sleep(POLL_SECONDS)


def in_the_way(service: Service) -> Iterator[Problem]:
    """Why its ports cannot be had, or the process that has them is of no use."""
    process = running(service)
    if process is None:
        yield from taken_ports(service)
        return
    yield from other_ports(service, process)
    who = f"{service.name} (pid {process.pid})"
    if process.status() == psutil.STATUS_STOPPED:
        what = "is halted by a signal, and answers nobody"
        yield Problem(who, what, f"let it go on with `kill -CONT {process.pid}`, or {ANEW}")
    elif service.lost and service.answering():
        what = f"runs on without {service.state / service.database}, which somebody has removed"
        yield Problem(who, what, f"{ANEW}: nothing of what it knows will be left")


def size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def last_lines(log: Path, since: int, count: int = 5) -> str:
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_bytes()[since:].decode(errors="replace").splitlines()[-count:])


def stop(process: psutil.Process) -> None:
    process.send_signal(signal.SIGTERM)
    with suppress(psutil.NoSuchProcess):
        process.resume()  # a halted one hears of it only then
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(5)


def running(service: Service) -> psutil.Process | None:
    """The process of `service`, known by its module and state folder: no record that could be stale.

    The oldest, as a child looks like it until it becomes the program that it was made for.
    """
    wanted = ["-m", service.module, "--state", str(service.state)]
    found = [
        process
        for process in psutil.process_iter(["cmdline", "status", "create_time"])
        if (process.info["cmdline"] or [])[1:5] == wanted and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
    return min(found, key=lambda process: process.info["create_time"], default=None)


@contextmanager
def state_lock(services: tuple[Service, ...]) -> Iterator[None]:
    """One `up` or `down` at a time per state folder."""
    from filelock import FileLock, Timeout

    folder = services[0].state.parent
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lifecycle.lock")
    try:
        with lock.acquire(timeout=STOP_SECONDS):
            yield
    except Timeout:
        raise PlatformRefused.at(
            folder, "another `sandbox up` or `down` is at work", "wait for it to end"
        ) from None


def _moment(line: str, before: float) -> float:
    """When a line was written; one that does not say so goes with the line before."""
    told = _TIME.match(line)
    return datetime.fromisoformat(told[0].replace(",", ".")).timestamp() if told else before


def follow(logs: Mapping[str, Path], lines: int, keep_on: bool) -> Iterator[str]:
    """The last `lines` lines of all logs by time, then, with `keep_on`, what is added to any of them."""
    positions: dict[str, int] = {}
    found: list[tuple[float, str]] = []
    for name, path in logs.items():
        content = path.read_bytes() if path.exists() else b""
        positions[name] = len(content)
        moment = 0.0
        for line in deque(content.decode(errors="replace").splitlines(), maxlen=lines):
            moment = _moment(line, moment)
            found.append((moment, f"{name}: {line}"))
    found.sort(key=lambda each: each[0])
    yield from (line for _, line in found[max(0, len(found) - lines) :])
    while keep_on:
        time.sleep(POLL_SECONDS)
        for name, path in logs.items():
            if not path.exists() or path.stat().st_size <= positions[name]:
                continue
            with path.open("rb") as handle:
                handle.seek(positions[name])
                added = handle.read()
            whole = added[: added.rfind(b"\n") + 1]
            positions[name] += len(whole)
            yield from (f"{name}: {line}" for line in whole.decode(errors="replace").splitlines())
