"""Runs the servers that the operator wants on this machine, and takes over those of an operator before it."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from releasectl.sandbox.seldon import processes
from releasectl.sandbox.seldon.instance import Instance, Node
from releasectl.sandbox.seldon.processes import Process
from releasectl.sandbox.seldon.store import Store
from releasectl.sandbox.seldon.values import Server

log = logging.getLogger(__name__)
KEEP_LOGS = 50  # of pods that are gone, per namespace


class Kubelet:
    """`instances` are the servers that run or are to run; those being drained are no longer among them."""

    def __init__(self, node: Node, live: Callable[[int], Awaitable[None]]) -> None:
        self._node = node
        self._live = live
        self._retiring: dict[str, asyncio.Task[None]] = {}
        self.instances: dict[str, Instance] = {}

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

    def ensure(self, server: Server) -> None:
        """Run `server`. One that is being drained comes back only after its end."""
        if server.key not in self.instances and server.key not in self._retiring:
            self.instances[server.key] = Instance(self._node, server)

    def ready(self, server: Server) -> bool:
        instance = self.instances.get(server.key)
        return instance is not None and instance.ready

    def remove(self, key: str, generation: int) -> None:
        """Drain and end a server, once `generation` of the routing, which does not lead to it, is live."""
        instance = self.instances.pop(key)
        task = asyncio.create_task(instance.retire(lambda: self._live(generation)))
        self._retiring[key] = task
        task.add_done_callback(lambda _: self._retired(instance.server))

    async def stop(self) -> None:
        """End everything; no request comes any more."""
        for task in self._retiring.values():
            task.cancel()
        await asyncio.gather(*self._retiring.values(), return_exceptions=True)
        await asyncio.gather(*(instance.retire() for instance in self.instances.values()))
        for server, process in self._node.store.processes():
            await processes.stop(Process.load(process), 1)
            self._node.store.delete_process(Server.load(server).key)

    def _retired(self, server: Server) -> None:
        task = self._retiring.pop(server.key)
        if not task.cancelled():
            log.info("ended %s", server.key)
            if error := task.exception():
                log.error("ending %s", server.key, exc_info=error)
            prune_logs(self._node.state / "logs" / server.namespace)
            self._node.changed()


def end_strays(state: Path, known: list[Process]) -> None:
    """End servers whose start was not recorded: they name the pods folder of this state."""
    for stray in processes.strays(f"{state}/pods/", known):
        log.warning("pid %d is of no record, so it is ended", stray.pid)
        processes.send(stray, signal.SIGKILL)


def stop_orphans(store: Store, state: Path) -> None:
    """End everything that an operator left behind; for when there is none to ask."""
    recorded = [Process.load(process) for _, process in store.processes()]
    if traefik := store.setting("traefik"):
        recorded.append(Process.load(traefik))
    alive = [process for process in recorded if process.alive]
    for process in alive:
        processes.send(process, signal.SIGTERM)
    end_strays(state, recorded)
    deadline = time.monotonic() + 10
    while any(process.alive for process in alive) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in alive:
        processes.send(process, signal.SIGKILL)
    for server, _ in store.processes():
        store.delete_process(Server.load(server).key)
    store.set("traefik", None)


def prune_logs(folder: Path) -> None:
    with suppress(OSError):
        by_age = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
        for path in by_age[:-KEEP_LOGS]:
            path.unlink()
