"""One job from running to finishing: its datums in parallel, each outcome stored as soon as it is known."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Any

from releasectl.sandbox.pachd import jobs
from releasectl.sandbox.pachd.jobs import Job, JobState
from releasectl.sandbox.pachd.logs import Source
from releasectl.sandbox.pachd.pps import plan, specs
from releasectl.sandbox.pachd.pps.plan import Planned
from releasectl.sandbox.pachd.store.draft import Draft
from releasectl.sandbox.pachd.transactions import transaction
from releasectl.sandbox.pachd.txn import Txn
from releasectl.sandbox.pachd.worker import run
from releasectl.sandbox.pachd.worker.process import Cancel, Cancelled
from releasectl.sandbox.pachd.worker.run import DatumState, Machine, Outcome, Task

log = logging.getLogger("pachd")
PATIENCE = 0.5  # how often a worker that waits for a free core looks whether its job was called off
BACKOFF = (1.0, 2.0, 4.0, 8.0)  # between the runs of a service that exits with an error


class JobRun:
    """Runs in a thread of its own; `cancel` ends it without a verdict, whoever cancels has given one."""

    def __init__(self, machine: Machine, job: int, slots: threading.Semaphore) -> None:
        self.row = job
        self.cancel = Cancel()
        self._machine = machine
        self._slots = slots
        self._superseded = threading.Event()
        self._over = threading.Event()
        self._todo: deque[Planned] = deque()
        self._running: dict[int, tuple[Planned, Cancel]] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._main, name=f"job-{job}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def join(self) -> None:
        self._thread.join()

    def supersede(self) -> None:
        """A newer job of the same service has come."""
        self._superseded.set()
        self.stop()

    def stop(self) -> None:
        self.cancel.set()
        with self._lock:
            for _, cancel in self._running.values():
                cancel.set()

    def restart(self, filters: set[str]) -> int:
        """Run matching datums again from the start; returns how many there were."""
        with self._lock:
            hit = [(p, c) for p, c in self._running.values() if filters <= _names(p)]
            self._todo.extend(planned for planned, _ in hit)
            for _, cancel in hit:
                cancel.set()
        return len(hit)

    def _main(self) -> None:
        try:
            self._run()
        except Cancelled:
            pass
        except Exception as error:
            log.exception("job %s", self.row)
            self._end(JobState.FAILURE, f"the sandbox could not run this job: {error}")
        finally:
            self._over.set()
            self._machine.store.db.changes.ring()  # the scheduler may have been waiting for this pipeline

    def _end(self, state: JobState, reason: str) -> None:
        with transaction(self._machine.store) as txn:
            job = self._current(txn)
            if job is not None:
                jobs.end(txn, job, state, reason)

    def _current(self, txn: Txn) -> Job | None:
        """The job as it is now, unless somebody has ended or deleted it."""
        return next((j for j in jobs.query(txn.conn, "row = ?", self.row) if not j.done), None)

    def _run(self) -> None:
        store = self._machine.store
        with store.db.read() as conn:
            job = jobs.by_row(conn, self.row)
            spec = plan.spec_of(conn, job)
            version = plan.spec_commit(conn, job)
            failed = plan.failed_inputs(conn, job)
            planned = [] if failed else plan.make(store, conn, job, spec)
        if failed:
            reason = f"unrunnable because the following upstream pipelines failed: {', '.join(failed)}"
            self._end(JobState.UNRUNNABLE, reason)
            return
        with transaction(store) as txn:
            current = self._current(txn)
            if current is None:
                return
            plan.begin(txn, current, planned)
        self._log(job, f"job started; {self._machine.roots.description}")
        with self._deadline(job, spec):
            if specs.is_service(spec):
                self._serve(job, spec, version)
            else:
                self._process(job, spec, version)

    def _log(self, job: Job, message: str) -> None:
        self._machine.logs.write(Source(job.project, job.pipeline, job.id).line(message, master=True))

    def _deadline(self, job: Job, spec: Any) -> _Deadline:
        seconds = spec.job_timeout.ToNanoseconds() / 1e9 if spec.HasField("job_timeout") else None

        def expire() -> None:
            self._log(job, f"job timed out after {seconds:g} s")
            self._end(JobState.KILLED, "job timed out")
            self.stop()

        return _Deadline(seconds, expire)

    def _process(self, job: Job, spec: Any, version: str) -> None:
        with self._machine.store.db.read() as conn:
            self._todo.extend(p for p in plan.of_job(conn, job.row) if p.state not in plan.DONE)
        count = min(spec.parallelism_spec.constant, len(self._todo))
        faults: list[BaseException] = []
        workers = [
            threading.Thread(target=self._worker, args=(job, spec, version, number, faults), daemon=True)
            for number in range(count)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if faults:
            raise faults[0]
        if self.cancel.is_set:
            raise Cancelled
        with transaction(self._machine.store) as txn:
            if (current := self._current(txn)) is not None:
                plan.finish(txn, current)

    def _worker(self, job: Job, spec: Any, version: str, number: int, faults: list[BaseException]) -> None:
        name = f"{job.project}-{job.pipeline}-v{job.version}-{number}".lower().replace("_", "-")
        try:
            while (taken := self._take()) is not None:
                planned, cancel = taken
                try:
                    outcome = run.run(self._machine, Task(job, spec, version, planned.datum, name), cancel)
                    self._store_outcome(job, planned, outcome)
                except Cancelled:
                    if self.cancel.is_set:
                        return
                finally:
                    self._slots.release()
                    with self._lock:
                        if self._running.get(planned.position) is taken:  # a restart may have replaced it
                            del self._running[planned.position]
        except BaseException as error:
            faults.append(error)
            self.stop()

    def _take(self) -> tuple[Planned, Cancel] | None:
        """The next datum, when a core is free for it."""
        while not self._slots.acquire(timeout=PATIENCE):
            if self.cancel.is_set:
                return None
        with self._lock:
            if self._todo and not self.cancel.is_set:
                taken = (self._todo.popleft(), Cancel())
                self._running[taken[0].position] = taken
                return taken
        self._slots.release()
        return None

    def _store_outcome(self, job: Job, planned: Planned, outcome: Outcome) -> None:
        store, stats = self._machine.store, outcome.stats
        with transaction(store) as txn:
            current = self._current(txn)
            if current is None:
                return
            tree = None
            if outcome.output is not None:
                outcome.output.batch.flush(txn.conn)
                draft = Draft(store.trees, txn.conn)
                outcome.output.write(draft, planned.id)
                tree = draft.save().key
            txn.conn.execute(
                "UPDATE datum SET state = ?, tree = ?, download_ns = ?, process_ns = ?, upload_ns = ?,"
                " download_bytes = ?, upload_bytes = ? WHERE job = ? AND id = ?",
                (outcome.state, tree, stats.download_ns, stats.process_ns, stats.upload_ns)
                + (stats.download_bytes, stats.upload_bytes, self.row, planned.id),
            )
            if outcome.state == DatumState.FAILED:
                jobs.end(txn, current, JobState.FAILURE, f"datum {planned.id} failed")
        if outcome.state == DatumState.FAILED:
            self._log(job, f"datum {planned.id} failed: {outcome.reason}")
            self.stop()

    def _serve(self, job: Job, spec: Any, version: str) -> None:
        """Runs until a newer job comes. A clean exit is not run again, an error is, after a pause."""
        with self._machine.store.db.read() as conn:
            datums = plan.of_job(conn, job.row)
        if len(datums) != 1:
            self._end(JobState.FAILURE, f"services must have a single datum, this one has {len(datums)}")
            return
        name = f"{job.project}-{job.pipeline}-v{job.version}-0".lower().replace("_", "-")
        task, failures = Task(job, spec, version, datums[0].datum, name), 0
        try:
            while code := run.serve(self._machine, task, self.cancel):
                pause = BACKOFF[min(failures, len(BACKOFF) - 1)]
                self._log(job, f"the service exited with status {code}, it starts again in {pause:g} s")
                failures += 1
                self.cancel.wait(pause)
            self.cancel.wait(None)
            raise Cancelled
        except Cancelled:
            if not self._superseded.is_set():
                raise
        with transaction(self._machine.store) as txn:
            if (current := self._current(txn)) is not None:
                txn.conn.execute("UPDATE commits SET tree = '' WHERE row = ?", (current.output,))
                plan.close(txn, current)


class _Deadline:
    """Calls `expire` unless the block ends first."""

    def __init__(self, seconds: float | None, expire: Any) -> None:
        self._timer = threading.Timer(seconds, expire) if seconds is not None else None

    def __enter__(self) -> None:
        if self._timer:
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()


def _names(planned: Planned) -> set[str]:
    return {name for file in planned.datum.files for name in (file.path, file.hash)}
