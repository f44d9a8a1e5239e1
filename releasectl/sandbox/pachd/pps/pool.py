"""The datums of one job, as many at once as the spec and this machine allow."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

from releasectl.sandbox.pachd.pps.plan import Planned
from releasectl.sandbox.pachd.worker import run
from releasectl.sandbox.pachd.worker.process import Cancel, Cancelled
from releasectl.sandbox.pachd.worker.tasks import Machine, Outcome, Work

PATIENCE = 0.5  # how often a worker that waits for a free core looks whether its job was called off


class Pool:
    """`done` is told every outcome, from the thread of the worker."""

    def __init__(
        self,
        machine: Machine,
        work: Work,
        slots: threading.Semaphore,
        done: Callable[[Planned, Outcome], None],
    ) -> None:
        self._machine = machine
        self._work = work
        self._slots = slots
        self._done = done
        self._stopped = threading.Event()
        self._todo: deque[Planned] = deque()
        self._running: dict[int, tuple[Planned, Cancel]] = {}
        self._lock = threading.Lock()
        self._faults: list[BaseException] = []

    def run(self, planned: Iterable[Planned]) -> None:
        """Returns when all have an outcome; raises Cancelled after `stop`, or what went wrong in a worker."""
        self._todo.extend(planned)
        count = min(self._work.spec.parallelism_spec.constant, len(self._todo))
        workers = [
            threading.Thread(target=self._worker, args=(number,), daemon=True) for number in range(count)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if self._faults:
            raise self._faults[0]
        if self._stopped.is_set():
            raise Cancelled

    def stop(self) -> None:
        self._stopped.set()
        with self._lock:
            for _, cancel in self._running.values():
                cancel.set()

    def restart(self, filters: set[str]) -> int:
        """Run matching datums again from the start; returns how many of them were running."""
        with self._lock:
            hit = [
                (planned, cancel) for planned, cancel in self._running.values() if filters <= _names(planned)
            ]
            self._todo.extend(planned for planned, _ in hit)
            for _, cancel in hit:
                cancel.set()
        return len(hit)

    def _worker(self, number: int) -> None:
        try:
            while (taken := self._take()) is not None:
                planned, cancel = taken
                try:
                    self._done(
                        planned, run.run(self._machine, self._work.task(planned.datum, number), cancel)
                    )
                except Cancelled:
                    continue  # stopped, or on the list again
                finally:
                    self._slots.release()
                    with self._lock:
                        if self._running.get(planned.position) is taken:  # a restart may have replaced it
                            del self._running[planned.position]
        except BaseException as error:
            self._faults.append(error)
            self.stop()

    def _take(self) -> tuple[Planned, Cancel] | None:
        """The next datum, when a core is free for it."""
        while not self._slots.acquire(timeout=PATIENCE):
            if self._stopped.is_set():
                return None
        with self._lock:
            if self._todo and not self._stopped.is_set():
                taken = (self._todo.popleft(), Cancel())
                self._running[taken[0].position] = taken
                return taken
        self._slots.release()
        return None


def _names(planned: Planned) -> set[str]:
    return {name for file in planned.datum.files for name in (file.path, file.hash)}
