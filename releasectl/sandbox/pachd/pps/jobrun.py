"""One job from running to finishing; each outcome is stored as soon as it is known."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from releasectl.sandbox.pachd import jobs
from releasectl.sandbox.pachd.jobs import Job, JobState
from releasectl.sandbox.pachd.logs import Source
from releasectl.sandbox.pachd.pps import plan, specs
from releasectl.sandbox.pachd.pps.plan import Planned
from releasectl.sandbox.pachd.pps.pool import Pool
from releasectl.sandbox.pachd.transactions import transaction
from releasectl.sandbox.pachd.txn import Txn
from releasectl.sandbox.pachd.worker import run
from releasectl.sandbox.pachd.worker.process import Cancel, Cancelled
from releasectl.sandbox.pachd.worker.sidecar import sidecar
from releasectl.sandbox.pachd.worker.tasks import DatumState, Machine, Outcome, Work

log = logging.getLogger("pachd")
BACKOFF = (1.0, 2.0, 4.0, 8.0)  # between the runs of a service that exits with an error


class JobRun:
    """Runs in a thread of its own; `stop` ends it without a verdict, whoever stops it has given one."""

    def __init__(self, machine: Machine, job: int, slots: threading.Semaphore) -> None:
        self.row = job
        self._machine = machine
        self._slots = slots
        self._cancel = Cancel()
        self._superseded = threading.Event()
        self._over = threading.Event()
        self._pool: Pool | None = None
        self._thread = threading.Thread(target=self._main, name=f"job-{job}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def join(self) -> None:
        self._thread.join()

    def stop(self) -> None:
        self._cancel.set()
        if self._pool is not None:
            self._pool.stop()

    def supersede(self) -> None:
        """A newer job of the same service has come."""
        self._superseded.set()
        self.stop()

    def restart(self, filters: set[str]) -> int:
        return self._pool.restart(filters) if self._pool is not None else 0

    def _main(self) -> None:
        try:
            self._run()
        except Cancelled:
            pass  # called off from outside: whoever did so decides how the job ends
        except Exception as error:
            log.exception("job %s", self.row)
            self._end(JobState.FAILURE, f"the sandbox could not run this job: {error}")
        finally:
            self._over.set()
            self._machine.store.db.changes.ring()  # the scheduler may be waiting for this pipeline

    def _current(self, txn: Txn) -> Job | None:
        """The job as it is now, unless somebody has ended or deleted it."""
        return next((job for job in jobs.query(txn.conn, "row = ?", self.row) if not job.done), None)

    def _change(self, change: Callable[[Txn, Job], None]) -> bool:
        """False, and no change, if the job is over."""
        with transaction(self._machine.store) as txn:
            current = self._current(txn)
            if current is not None:
                change(txn, current)
            return current is not None

    def _end(self, state: JobState, reason: str) -> None:
        log.info("job %s: %s", self.row, reason)
        self._change(lambda txn, job: jobs.end(txn, job, state, reason))

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
        if not self._change(lambda txn, current: plan.begin(txn, current, planned)):
            return
        self._log(job, f"job started; {self._machine.roots.description}")
        log.info("job %s: %d datums", job, len(planned))
        with store.db.read() as conn:
            planned = plan.of_job(conn, job.row)
        with self._deadline(job, spec), sidecar(store, job, spec) as env:
            work = Work(job, spec, version, env)
            if specs.is_service(spec):
                self._serve(work, planned)
            else:
                self._process(work, planned)

    def _log(self, job: Job, message: str) -> None:
        self._machine.logs.write(Source(job.project, job.pipeline, job.id).line(message, master=True))

    def _deadline(self, job: Job, spec: Any) -> _Deadline:
        seconds = spec.job_timeout.ToNanoseconds() / 1e9 if spec.HasField("job_timeout") else None

        def expire() -> None:
            self._log(job, f"job timed out after {seconds:g} s")
            self._end(JobState.KILLED, "job timed out")
            self.stop()

        return _Deadline(seconds, expire)

    def _process(self, work: Work, planned: list[Planned]) -> None:
        self._pool = Pool(self._machine, work, self._slots, self._done)
        if self._cancel.is_set:
            raise Cancelled
        self._pool.run(p for p in planned if p.state not in plan.DONE)
        self._change(plan.finish)

    def _done(self, planned: Planned, outcome: Outcome) -> None:
        """One failed datum fails the job; the others need not go on."""

        def change(txn: Txn, job: Job) -> None:
            plan.store_outcome(txn, planned, outcome)
            if outcome.state == DatumState.FAILED:
                jobs.end(txn, job, JobState.FAILURE, f"datum {planned.id} failed")
                self._log(job, f"datum {planned.id} failed: {outcome.reason}")

        self._change(change)
        if outcome.state == DatumState.FAILED:
            self.stop()

    def _serve(self, work: Work, planned: list[Planned]) -> None:
        """Runs until a newer job comes. A clean exit is not run again, an error is, after a pause."""
        if len(planned) != 1:
            self._end(JobState.FAILURE, f"services must have a single datum, this one has {len(planned)}")
            return
        task, failures = work.task(planned[0].datum, 0), 0
        try:
            while code := run.serve(self._machine, task, self._cancel):
                pause = BACKOFF[min(failures, len(BACKOFF) - 1)]
                self._log(work.job, f"the service exited with status {code}, it starts again in {pause:g} s")
                failures += 1
                self._cancel.wait(pause)
            self._cancel.wait(None)
            raise Cancelled
        except Cancelled:
            if not self._superseded.is_set():
                raise
        self._change(plan.close)


class _Deadline:
    """Calls `expire` unless the block ends first."""

    def __init__(self, seconds: float | None, expire: Callable[[], None]) -> None:
        self._timer = threading.Timer(seconds, expire) if seconds is not None else None

    def __enter__(self) -> None:
        if self._timer:
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
