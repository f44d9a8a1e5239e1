"""Jobs: one for each new commit on a pipeline's output branch, with the same id."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import IntEnum

from releasectl.sandbox.pachd import commits
from releasectl.sandbox.pachd.errors import PachError, not_found
from releasectl.sandbox.pachd.records import Commit
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.txn import Txn


class JobState(IntEnum):
    """The numbers of pps_v2.JobState."""

    UNKNOWN = 0
    CREATED = 1
    STARTING = 2
    RUNNING = 3
    FAILURE = 4
    SUCCESS = 5
    KILLED = 6
    EGRESSING = 7
    FINISHING = 8
    UNRUNNABLE = 9


TERMINAL = frozenset({JobState.FAILURE, JobState.SUCCESS, JobState.KILLED, JobState.UNRUNNABLE})
UNFINISHED = f"state NOT IN ({','.join(str(int(state)) for state in sorted(TERMINAL))})"


@dataclass(frozen=True)
class Job:
    row: int
    project: str
    pipeline: str
    id: str
    version: int
    output: int
    state: int
    reason: str
    restarts: int
    created: int
    started: int | None
    finished: int | None
    total: int

    @property
    def done(self) -> bool:
        return self.state in TERMINAL

    def __str__(self) -> str:
        return f"{self.project}/{self.pipeline}@{self.id}"


def job_of(row: sqlite3.Row) -> Job:
    return Job(*(row[name] for name in Job.__dataclass_fields__))


def query(conn: Conn, where: str, *values: object) -> list[Job]:
    return [job_of(row) for row in conn.execute(f"SELECT * FROM job WHERE {where}", values)]


def by_row(conn: Conn, row: int) -> Job:
    return query(conn, "row = ?", row)[0]


def get(conn: Conn, project: str, pipeline: str, job: str) -> Job:
    found = query(conn, "project = ? AND pipeline = ? AND id = ?", project, pipeline, job)
    if not found:
        raise not_found(f"job {project}/{pipeline}@{job} not found")
    return found[0]


def of_output(conn: Conn, commit: int) -> Job | None:
    return next(iter(query(conn, "output = ?", commit)), None)


def create(txn: Txn) -> None:
    """A job for every commit of this transaction on the output branch of a pipeline."""
    rows = txn.conn.execute(
        "SELECT c.row AS output, p.project, p.name, p.version FROM commits c JOIN repo r ON r.row = c.repo"
        " JOIN pipeline p ON p.project = r.project AND p.name = r.name AND p.output_branch = c.branch"
        " WHERE c.id = ? AND r.type = 'user' AND c.origin = 2 AND c.finishing IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM job j WHERE j.output = c.row)"
        " AND EXISTS (SELECT 1 FROM commit_provenance v WHERE v.commit_row = c.row) ORDER BY c.row",
        (txn.id,),
    ).fetchall()
    for row in rows:
        txn.conn.execute(
            "INSERT INTO job (project, pipeline, id, version, output, state, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row["project"], row["name"], txn.id, row["version"], row["output"], JobState.CREATED, txn.now),
        )


def set_state(txn: Txn, job: int, state: JobState, reason: str = "") -> None:
    ended = txn.now if state in TERMINAL else None
    started = txn.now if state == JobState.RUNNING else None
    txn.conn.execute(
        "UPDATE job SET state = ?, reason = ?, finished = ?, started = coalesce(started, ?) WHERE row = ?",
        (state, reason, ended, started, job),
    )


def end(txn: Txn, job: Job, state: JobState, reason: str) -> None:
    """A terminal state without success: output and meta commit finish with the reason as their error."""
    set_state(txn, job.row, state, reason)
    for commit in outputs(txn.conn, job):
        if commit.finishing is None:
            commits.close(txn, commit, error=reason)


def outputs(conn: Conn, job: Job) -> list[Commit]:
    """The commit of the output repository and its twin in the meta repository."""
    return commits.query(
        conn,
        "id = ? AND repo IN"
        " (SELECT row FROM repo WHERE project = ? AND name = ? AND type IN ('user', 'meta'))",
        job.id,
        job.project,
        job.pipeline,
    )


def stop(txn: Txn, job: Job, reason: str) -> None:
    if job.done or job.state == JobState.FINISHING:
        raise PachError(f"cannot stop job {job}: it has already finished")
    end(txn, job, JobState.KILLED, reason)


def kill_all(txn: Txn, project: str, pipeline: str, reason: str) -> None:
    """Jobs whose output is already fixed (finishing) are left to finish."""
    for job in query(txn.conn, f"project = ? AND pipeline = ? AND {UNFINISHED}", project, pipeline):
        if job.state != JobState.FINISHING:
            end(txn, job, JobState.KILLED, reason)


def settle(txn: Txn, commit: Commit) -> None:
    """The output commit is finished: so is its job, with the same verdict."""
    job = of_output(txn.conn, commit.row)
    if job is not None and job.state == JobState.FINISHING:
        if commit.error:
            set_state(txn, job.row, JobState.FAILURE, commit.error)
        else:
            set_state(txn, job.row, JobState.SUCCESS)
