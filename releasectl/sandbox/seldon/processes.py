"""Processes that outlive their parent: start, recognise, watch and end them by pid and creation time."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from releasectl.model import Json
from releasectl.sandbox.seldon.mlserver import Ports

CLOCK_SLACK = 2.0  # seconds: the boot time that creation times count from is adjusted by NTP
POLL_SECONDS = 0.2
OWN_CODE = str(Path(__file__).parents[3])


@dataclass(frozen=True, slots=True)
class Process:
    """A process of ours, with the ports that it serves on and where its words begin in its log."""

    pid: int
    created: float
    ports: tuple[int, ...] = ()
    log: str = ""
    log_start: int = 0
    ready: bool = False

    @property
    def alive(self) -> bool:
        return _find(self.pid, self.created) is not None

    @property
    def words(self) -> str:
        """What it has printed, the last 64 KiB of it."""
        with Path(self.log).open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(self.log_start, end - 65536))
            return file.read().decode(errors="replace")

    @classmethod
    def load(cls, data: Json) -> Process:
        return cls(**{**data, "ports": tuple(data["ports"])})

    def dump(self) -> Json:
        return asdict(self)


def spawn(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path, ports: Sequence[int]
) -> Process:
    """Start in a session of its own, so that no signal to the operator's terminal reaches it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        start = file.tell()
        child = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    threading.Thread(target=child.wait, daemon=True).start()  # reaps it
    return started(child.pid, ports, log, start)


def started(pid: int, ports: Sequence[int], log: Path, log_start: int) -> Process:
    """The process that has just begun under this id."""
    try:
        created = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        created = time.time()  # it has ended already
    return Process(pid, created, tuple(ports), str(log), log_start)


def own_environment() -> dict[str, str]:
    """For processes that run modules of this package, whatever folder they run in."""
    path = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{OWN_CODE}{os.pathsep}{path}" if path else OWN_CODE}


def free_ports(count: int = 3) -> Ports:
    """Free at this moment; a server that finds one taken ends, and is started with others."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return Ports(*(each.getsockname()[1] for each in sockets))
    finally:
        for each in sockets:
            each.close()


async def ended(process: Process) -> None:
    """Return when `process` has ended, whoever started it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def tell() -> None:
        if not done.done():
            done.set_result(None)

    def wait() -> None:
        _wait(process)
        with suppress(RuntimeError):  # the loop may be closed by then
            loop.call_soon_threadsafe(tell)

    threading.Thread(target=wait, daemon=True).start()
    await done


async def stop(process: Process, seconds: float) -> None:
    """SIGTERM, and SIGKILL if it does not end in time."""
    send(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(ended(process), seconds)
    except TimeoutError:
        send(process, signal.SIGKILL)
        await ended(process)


def send(process: Process, number: signal.Signals) -> None:
    if found := _find(process.pid, process.created):
        with suppress(psutil.NoSuchProcess):
            found.send_signal(number)


def strays(marker: str, known: Sequence[Process]) -> Iterator[Process]:
    """Processes of ours that no record names: started in the moment before a kill -9.

    Their folder, or a word in their command line, begins with `marker`, which names our state folder.
    """
    pids = {process.pid for process in known}
    for process in psutil.process_iter(["cmdline", "cwd", "create_time", "status"]):
        words = (process.info["cwd"] or "", *(process.info["cmdline"] or ()))
        ours = any(word.startswith(marker) for word in words) and process.pid not in (*pids, os.getpid())
        if ours and process.info["status"] != psutil.STATUS_ZOMBIE:
            yield Process(process.pid, process.info["create_time"])


def _wait(process: Process) -> None:
    if not hasattr(os, "pidfd_open"):
        while process.alive:
            time.sleep(POLL_SECONDS)
        return
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if process.alive:  # else the pid has gone to another
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            poll.poll()
    finally:
        os.close(descriptor)


def _find(pid: int, created: float) -> psutil.Process | None:
    try:
        found = psutil.Process(pid)
        same = abs(found.create_time() - created) < CLOCK_SLACK
        return found if same and found.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
