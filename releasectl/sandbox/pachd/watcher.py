"""A thread that looks at the store after every change and acts on what it finds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from releasectl.sandbox.pachd.store.db import Changes

log = logging.getLogger("pachd")
LONGEST_SLEEP = 60.0
RETRY = 2.0


class Watcher:
    """`step` returns how long it may sleep if nothing changes. After a fault it is tried again."""

    def __init__(self, name: str, changes: Changes, step: Callable[[], float]) -> None:
        self._name = name
        self._changes = changes
        self._step = step
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._changes.ring()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopped.is_set():
            seen = self._changes.count
            try:
                sleep = self._step()
            except Exception:
                log.exception(
                    "%s stumbled; it tries again in %g s or after the next change", self._name, RETRY
                )
                sleep = RETRY
            self._changes.wait_beyond(seen, timeout=sleep)
