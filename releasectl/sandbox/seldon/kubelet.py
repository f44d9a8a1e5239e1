"""Runs the servers that the operator wants on this machine, and takes over those of an operator before it."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from releasectl.sandbox.seldon import processes
from releasectl.sandbox.seldon.instance import Instance, Node, clear
from releasectl.sandbox.seldon.logger import SETTING as LOGGER
from releasectl.sandbox.seldon.processes import Process
from releasectl.sandbox.seldon.store import Store
from releasectl.sandbox.seldon.values import Kind, Server

log = logging.getLogger(__name__)
KEEP_LOGS = 50  # of pods that are gone, per namespace


class Kubelet:
    """`instances` are the servers that run or are to run; `draining` those that take no new requests."""

    def __init__(self, node: Node, live: Callable[[int], Awaitable[None]]) -> None:
        self._node = node
        self._live = live
        self._retiring: dict[str, asyncio.Task[None]] = {}
        self.instances: dict[str, Instance] = {}
        self.draining: dict[str, Instance] = {}

    def adopt(self) -> None:
        """Take over what runs, end what no record names."""
        recorded = [
            (Server.load(server), Process.load(process)) for server, process in self._node.store.processes()
        ]
        for server, process in recorded:
            if process.alive:
                log.info("adopted %s: pid %d", server.key, process.pid)
                self.instances[server.key] = Instance(self._node, server, process)
            else:
                self._node.store.delete_process(server.key)
        end_strays(self._node.state, [process for _, process in recorded])

    def sweep(self) -> None:
        """Remove what servers that nobody wants any more left when they died with their operator.

        Their links would keep their artefacts for ever.
        """
        pods = self._node.state / "pods"
        for folder in pods.glob("*/*/*"):
            if str(folder.relative_to(pods)) not in {*self.instances, *self._retiring}:
                clear(folder)

    def ensure(self, server: Server) -> None:
        """Run `server`. One that is being drained comes back only after its end."""
        if server.key not in self.instances and server.key not in self._retiring:
            self.instances[server.key] = Instance(self._node, server)

    def ready(self, server: Server) -> bool:
        instance = self.instances.get(server.key)
        return instance is not None and instance.ready

    def remove(self, keys: Collection[str], generation: int) -> None:
        """Drain and end servers, once `generation` of the routing, which does not lead to them, is live.

        Explainers go first, as they ask executors until they have answered, and models last.
        """
        asking: dict[str, list[tuple[int, asyncio.Task[None]]]] = defaultdict(list)
        for key in sorted(keys, key=lambda key: _rank(self.instances[key].server)):
            instance = self.draining[key] = self.instances.pop(key)
            server = instance.server
            first = tuple(task for rank, task in asking[server.unit] if rank < _rank(server))
            task = asyncio.create_task(self._retire(instance, generation, first))
            self._retiring[key] = task
            asking[server.unit].append((_rank(server), task))

    async def _retire(self, instance: Instance, generation: int, first: Sequence[asyncio.Task[None]]) -> None:
        async def unrouted() -> None:
            await self._live(generation)
            if first:
                await asyncio.wait(first)

        server = instance.server
        try:
            await instance.retire(unrouted, quiet=bool(first) and not server.is_executor)
            log.info("ended %s", server.key)
            prune_logs(self._node.state / "logs" / server.namespace)
        except Exception:  # the record stays, so that the next operator ends it
            log.exception("ending %s", server.key)
        finally:
            self._retiring.pop(server.key, None)
            self.draining.pop(server.key, None)
            self._node.changed()

    async def stop(self) -> None:
        """End everything; no request comes any more."""
        retiring = list(self._retiring.values())
        for task in retiring:
            task.cancel()
        await asyncio.gather(*retiring, return_exceptions=True)
        ends = (instance.retire() for instance in self.instances.values())
        for outcome in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(outcome, Exception):  # a full disk, say, keeps the record of what has ended
                log.error("ending a server: %r", outcome)
        for _, process in self._node.store.processes():
            await processes.stop(Process.load(process), 1)


def _rank(server: Server) -> int:
    """Those that ask before those that are asked."""
    return 0 if server.kind is not Kind.MODEL else 1 if server.is_executor else 2


def end_strays(state: Path, known: list[Process]) -> None:
    """End servers whose start was not recorded: they work in the pods folder of this state."""
    for stray in processes.strays(f"{state}/pods/", known):
        log.warning("pid %d is of no record, so it is ended", stray.pid)
        processes.send(stray, signal.SIGKILL)


def stop_orphans(store: Store, state: Path) -> None:
    """End everything that an operator left behind; for when there is none to ask."""
    recorded = [Process.load(process) for _, process in store.processes()]
    recorded += [Process.load(found) for name in ("traefik", LOGGER) if (found := store.setting(name))]
    alive = [process for process in recorded if process.alive]
    for process in alive:
        processes.send(process, signal.SIGTERM)
    end_strays(state, recorded)
    deadline = time.monotonic() + 10
    while any(process.alive for process in alive) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in alive:
        processes.send(process, signal.SIGKILL)


def prune_logs(folder: Path) -> None:
    with suppress(OSError):
        by_age = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
        for path in by_age[:-KEEP_LOGS]:
            path.unlink()
