"""One server from its artefact to its end: fetched, started, watched, started again, drained."""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from releasectl.sandbox.seldon import artefacts, mlserver, processes
from releasectl.sandbox.seldon.launch import Place, launch_of
from releasectl.sandbox.seldon.nursery import Nursery
from releasectl.sandbox.seldon.processes import Process
from releasectl.sandbox.seldon.slots import Slots
from releasectl.sandbox.seldon.store import Store
from releasectl.sandbox.seldon.values import Server

log = logging.getLogger(__name__)
POLL_SECONDS = 0.1
START_SECONDS = 180.0
HEALTH_SECONDS = 5.0
HEALTH_FAILURES = 3
BACKOFF_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
PASSING_ATTEMPTS = 3  # failures that may go away by themselves are told only when they stay
QUIET_SECONDS = 1.0  # without a request before a server is taken for drained
DRAIN_SECONDS = 20.0
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Node:
    """What every instance shares: the machine."""

    store: Store
    state: Path
    servers: Path
    s3: str
    client: httpx.AsyncClient
    slots: Slots
    nursery: Nursery
    changed: Callable[[], None]


def clear(folder: Path) -> None:
    """Remove the folder of a server, and that of its pod with the last of them."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # there is another
        folder.parent.rmdir()


class StartError(Exception):
    """The server is not ready; `passing` if the next attempt may find another world."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class Instance:
    """`ready` says whether it takes requests, `failure` why it cannot, or nothing if it may become ready."""

    def __init__(self, node: Node, server: Server, process: Process | None = None) -> None:
        self.node = node
        self.server = server
        self.process = process
        self._launch = launch_of(server, Place(self.folder, node.state, node.servers, node.s3))
        # What an earlier operator saw is believed until the first look: routing must not change meanwhile.
        self.ready = process is not None and process.ready
        self.failure = ""
        self.task = asyncio.create_task(self._run())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.process.ports[0]}" if self.process else ""

    async def retire(
        self, unrouted: Callable[[], Awaitable[None]] | None = None, *, quiet: bool = False
    ) -> None:
        """End for good; with `unrouted`, only once no request comes any more and all are answered.

        `quiet` says that this is so as soon as it is no longer routed.
        """
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        if self.process and self.process.alive:
            if self.ready and unrouted:
                await unrouted()
                if not quiet:
                    await self._drain(self.process)
            await processes.stop(self.process, STOP_SECONDS)
        self.node.store.delete_process(self.server.key)
        clear(self.folder)

    @property
    def folder(self) -> Path:
        return self.node.state / "pods" / self.server.key

    async def _run(self) -> None:
        attempt = 0
        while True:
            try:
                await self._become_ready()
                attempt, self.failure, self.ready = 0, "", True
                self.node.changed()
                await self._watch()
                self.ready = False
                self._forget()
                self.node.changed()
            except StartError as error:
                attempt += 1
                if not error.passing or attempt >= PASSING_ATTEMPTS:
                    self.failure = str(error)
                log.warning("%s is not ready: %s", self.server.key, error)
                self.node.changed()
                await asyncio.sleep(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS)) - 1])
            except Exception:  # a full disk under the store, say: nothing else looks after this server
                log.exception("looking after %s", self.server.key)
                await asyncio.sleep(BACKOFF_SECONDS[2])

    async def _become_ready(self) -> None:
        if self.process and not self.process.alive:
            self._forget()
        if self.process and self.process.ready:
            return
        try:
            if self.process is None:
                async with nullcontext() if self._launch.light else self.node.slots.take(self.server.kind):
                    self.process = await self._start()
                    await self._wait_ready(self.process)
            else:
                await self._wait_ready(self.process)
        except StartError:
            self._forget()
            raise
        except OSError as error:
            raise StartError(f"cannot start: {error}", passing=True) from None
        self._record(replace(self.process, ready=True))

    async def _start(self) -> Process:
        container = self.server.container
        if container.problem:
            raise StartError(container.problem)
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            await asyncio.to_thread(self._launch.prepare)
        except artefacts.FetchError as error:
            raise StartError(str(error), passing=error.passing) from None
        spawning = asyncio.create_task(asyncio.to_thread(self._spawn))
        try:
            process = await asyncio.shield(spawning)
        except asyncio.CancelledError:  # it starts nonetheless, and whoever cancels ends it
            self._record(await spawning)
            raise
        self._record(process)
        log.info("started %s: pid %d, port %d", self.server.key, process.pid, process.ports[0])
        return process

    def _spawn(self) -> Process:
        ports = processes.free_ports()
        spawn = processes.spawn if self._launch.light else self.node.nursery.spawn
        return spawn(
            self._launch.command(ports),
            self._launch.environment(ports),
            self.folder,
            self.node.state / "logs" / self.server.namespace / f"{self.server.pod}{self._launch.suffix}.log",
            ports,
        )

    async def _wait_ready(self, process: Process) -> None:
        end = asyncio.create_task(processes.ended(process))
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        try:
            while not await self._answers(process, self._launch.ready):
                await asyncio.wait({end}, timeout=POLL_SECONDS)
                if end.done():
                    words = process.words
                    raise StartError(mlserver.last_words(words), passing=mlserver.may_pass(words))
                if asyncio.get_running_loop().time() > deadline:
                    await processes.stop(process, 1)
                    said = mlserver.last_words(process.words)
                    raise StartError(f"not ready after {START_SECONDS:.0f} s: {said}")
        finally:
            end.cancel()

    async def _watch(self) -> None:
        """Return when the process has ended, by itself or because it no longer answered."""
        assert self.process is not None
        end, failures = asyncio.create_task(processes.ended(self.process)), 0
        try:
            while not end.done():
                await asyncio.wait({end}, timeout=HEALTH_SECONDS)
                healthy = end.done() or await self._answers(self.process, self._launch.live)
                failures = 0 if healthy else failures + 1
                if failures == HEALTH_FAILURES:
                    log.warning("%s does not answer, so it is killed", self.server.key)
                    processes.send(self.process, signal.SIGKILL)
        finally:
            end.cancel()
        log.warning("%s (pid %d) ended", self.server.key, self.process.pid)

    async def _drain(self, process: Process) -> None:
        loop = asyncio.get_running_loop()
        deadline, quiet_since, seen = loop.time() + DRAIN_SECONDS, loop.time(), -1.0
        while process.alive and loop.time() < deadline:
            try:
                answer = await self.node.client.get(self._launch.metrics(process.ports))
                busy, count = self._launch.requests(answer.text)
            except httpx.HTTPError:
                busy, count = 1.0, seen  # it may be too busy to answer
            if busy or count != seen:
                quiet_since, seen = loop.time(), count
            elif loop.time() - quiet_since >= QUIET_SECONDS:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _answers(self, process: Process, path: str) -> bool:
        try:
            answer = await self.node.client.get(f"http://127.0.0.1:{process.ports[0]}{path}")
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def _record(self, process: Process) -> None:
        self.process = process
        self.node.store.put_process(self.server.key, self.server.dump(), process.dump())

    def _forget(self) -> None:
        self.process = None
        self.node.store.delete_process(self.server.key)
