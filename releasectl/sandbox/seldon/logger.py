"""The broker and request logger as a process of its own: predictions go on when it is dead."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
from pathlib import Path

from releasectl.sandbox.seldon import processes
from releasectl.sandbox.seldon.processes import Process
from releasectl.sandbox.seldon.store import Store

log = logging.getLogger(__name__)
SETTING = "requestlog"  # of the store: its process
FOLDER = "requestlog"  # below the state folder
DATABASE = Path(FOLDER, "requests.db")
CONSUMERS = Path(FOLDER, "consumers.json")  # the detectors that it asks
RESTART_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
SETTLED_SECONDS = 10.0  # of life, after which an end is the first one again
STOP_SECONDS = 5.0


class RequestLogger:
    """Keeps one running, and takes over that of an operator before it."""

    def __init__(self, store: Store, state: Path, keep_bytes: int) -> None:
        self._store = store
        self._folder = state / FOLDER
        self._log = state / "logs" / "requestlog.log"
        self._keep_bytes = keep_bytes
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def _marker(self) -> str:
        """The word of its command line by which it is recognised."""
        return f"--state={self._folder}"

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._task = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process:
            await processes.stop(self._process, STOP_SECONDS)

    async def _supervise(self) -> None:
        recorded = self._store.setting(SETTING)
        known = [Process.load(recorded)] if recorded else []
        for stray in processes.strays(self._marker, known):
            await processes.stop(stray, 1)
        self._process = known[0] if known else None
        ends, loop = 0, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                if self._process is None or not self._process.alive:
                    self._process = processes.spawn(
                        self._command(), processes.own_environment(), self._folder, self._log, ()
                    )
                    self._store.set(SETTING, self._process.dump())
                await processes.ended(self._process)
                log.warning("the request logger ended: %s", self._process.words.strip().rpartition("\n")[2])
            except (OSError, sqlite3.Error):  # a full disk, say
                log.exception("looking after the request logger")
            ends = 1 if loop.time() - began > SETTLED_SECONDS else ends + 1
            await asyncio.sleep(RESTART_SECONDS[min(ends, len(RESTART_SECONDS)) - 1])

    def _command(self) -> tuple[str, ...]:
        module = (sys.executable, "-m", "releasectl.sandbox.seldon.requestlog")
        return (*module, self._marker, "--bytes", str(self._keep_bytes))
