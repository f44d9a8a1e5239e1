"""Starts jobs when their inputs are finished, one at a time per pipeline, and stops those called off."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable

from releasectl.sandbox.pachd import jobs, pipelines
from releasectl.sandbox.pachd.jobs import Job, JobState
from releasectl.sandbox.pachd.pipelines import Pipeline, PipelineState
from releasectl.sandbox.pachd.pps import plan, specs
from releasectl.sandbox.pachd.pps.jobrun import JobRun
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.transactions import transaction
from releasectl.sandbox.pachd.watcher import LONGEST_SLEEP, Watcher
from releasectl.sandbox.pachd.worker import process
from releasectl.sandbox.pachd.worker.run import remove
from releasectl.sandbox.pachd.worker.tasks import Machine

log = logging.getLogger("pachd")
LIVE = (PipelineState.STARTING, PipelineState.RUNNING, PipelineState.STANDBY)
Key = tuple[str, str]


class Scheduler:
    """One thread that wakes after every change of the store."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._runs: dict[Key, JobRun] = {}
        # user code is mostly bound by the processor: more at once would only take more memory
        self._slots = threading.Semaphore(max(2, os.cpu_count() or 2))
        self._watcher = Watcher("scheduler", machine.store.db.changes, self._step)

    def start(self) -> None:
        with self._machine.store.db.write() as conn:
            killed = process.reap_orphans(conn)
        if killed:
            log.info("killed %d worker processes of a server that is gone", killed)
        remove(self._machine.work)
        self._watcher.start()

    def stop(self) -> None:
        """Running jobs keep their state: the next start runs them again."""
        self._watcher.stop()
        for run in self._runs.values():
            run.stop()
        for run in self._runs.values():
            run.join()

    def restart_datums(self, job: Job, filters: Iterable[str]) -> int:
        run = self._runs.get((job.project, job.pipeline))
        return run.restart(set(filters)) if run is not None and run.row == job.row else 0

    def _step(self) -> float:
        self._runs = {key: run for key, run in self._runs.items() if not run.over}
        with self._machine.store.db.read() as conn:
            unfinished = jobs.query(conn, f"{jobs.UNFINISHED} ORDER BY row")
            queues: dict[Key, list[Job]] = {}
            for job in unfinished:
                queues.setdefault((job.project, job.pipeline), []).append(job)
            # a job that is finishing holds back the next one, which compares its datums with it
            first = [queue[0] for key, queue in queues.items() if key not in self._runs]
            todo = [job for job in first if job.state != JobState.FINISHING]
            due = [job for job in todo if plan.ready(conn, job)]
            services = {
                key for key, queue in queues.items() if len(queue) > 1 and _is_service(conn, queue[0])
            }
            states = list(_states(conn, set(queues)))
            new = [pipeline for pipeline, _ in states if pipeline.state == PipelineState.STARTING]
            transforms = [pipelines.current_spec(conn, pipeline).transform for pipeline in new]
        if any(self._machine.nursery.takes(transform.cmd, transform) for transform in transforms):
            self._machine.nursery.warm()
        self._call_off({job.row for job in unfinished}, services)
        self._announce([job for job in todo if job.state == JobState.CREATED], states)
        for job in due:
            run = JobRun(self._machine, job.row, self._slots)
            self._runs[job.project, job.pipeline] = run
            run.start()
        return LONGEST_SLEEP

    def _call_off(self, unfinished: set[int], superseded: set[Key]) -> None:
        for key, run in self._runs.items():
            if run.row not in unfinished:
                run.stop()
            elif key in superseded:
                run.supersede()

    def _announce(self, created: list[Job], states: list[tuple[Pipeline, PipelineState]]) -> None:
        if not created and not states:
            return
        with transaction(self._machine.store) as txn:
            for job in created:
                txn.conn.execute(
                    "UPDATE job SET state = ? WHERE row = ? AND state = ?",
                    (JobState.STARTING, job.row, JobState.CREATED),
                )
            for pipeline, state in states:
                txn.conn.execute(
                    "UPDATE pipeline SET state = ?"
                    " WHERE project = ? AND name = ? AND state = ? AND NOT stopped",
                    (state, pipeline.project, pipeline.name, pipeline.state),
                )


def _is_service(conn: Conn, job: Job) -> bool:
    return specs.is_service(plan.spec_of(conn, job))


def _states(conn: Conn, busy: set[Key]) -> Iterable[tuple[Pipeline, PipelineState]]:
    """Pipelines whose state is not what it should be now."""
    for pipeline in pipelines.all_of(conn):
        if pipeline.stopped or pipeline.state not in LIVE:
            continue
        idle = (pipeline.project, pipeline.name) not in busy
        wanted = PipelineState.RUNNING
        if idle and pipelines.current_spec(conn, pipeline).autoscaling:
            wanted = PipelineState.STANDBY
        if pipeline.state != wanted:
            yield pipeline, wanted
