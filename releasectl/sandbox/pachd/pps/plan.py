"""What a job has to do: its datums, and which of them its last successful ancestor has done already."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from releasectl.sandbox.pachd import commits, jobs, pipelines, repos
from releasectl.sandbox.pachd.jobs import Job, JobState
from releasectl.sandbox.pachd.pps import datums, specs
from releasectl.sandbox.pachd.pps.datums import Datum
from releasectl.sandbox.pachd.records import SPEC
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.draft import Draft
from releasectl.sandbox.pachd.store.trees import EMPTY_DIR
from releasectl.sandbox.pachd.txn import Store, Txn
from releasectl.sandbox.pachd.worker.tasks import DatumState, Outcome

DONE = (DatumState.SUCCESS, DatumState.SKIPPED)


@dataclass(frozen=True)
class Planned:
    """A row of the datum table."""

    job: int
    position: int
    id: str
    hash: str
    inputs: str
    state: int
    tree: str | None
    restarts: int
    download_ns: int
    process_ns: int
    upload_ns: int
    download_bytes: int
    upload_bytes: int

    @property
    def datum(self) -> Datum:
        return Datum.load(self.inputs)


def planned_of(row: sqlite3.Row) -> Planned:
    return Planned(*(row[name] for name in Planned.__dataclass_fields__))


def of_job(conn: Conn, job: int) -> list[Planned]:
    return [
        planned_of(row) for row in conn.execute("SELECT * FROM datum WHERE job = ? ORDER BY position", (job,))
    ]


def failed_inputs(conn: Conn, job: Job) -> list[str]:
    """The repositories whose commits this job would read, but which ended in an error."""
    return [repos.by_row(conn, c.repo).name for c in commits.provenance(conn, job.output) if c.error]


def ready(conn: Conn, job: Job) -> bool:
    return all(commit.finished is not None for commit in commits.provenance(conn, job.output))


def spec_commit(conn: Conn, job: Job) -> str:
    for commit in commits.provenance(conn, job.output):
        repo = repos.by_row(conn, commit.repo)
        if (repo.name, repo.type) == (job.pipeline, SPEC):
            return commit.id
    return ""


def make(store: Store, conn: Conn, job: Job, spec: Any) -> list[Planned]:
    """Only reads: the plan is stored in the transaction that starts the job."""
    found = datums.of_input(store.trees, conn, spec.input, datums.pinned(conn, job.output))
    before = {} if _never_skips(spec) else {p.id: p for p in _base(conn, job)}
    return [_plan(job, position, datum, spec.salt, before) for position, datum in enumerate(_distinct(found))]


def _distinct(found: list[Datum]) -> Iterator[Datum]:
    """A union may bring one datum twice; it is run once."""
    seen: set[str] = set()
    for datum in found:
        if datum.id not in seen:
            seen.add(datum.id)
            yield datum


def _never_skips(spec: Any) -> bool:
    return bool(specs.is_service(spec) or spec.s3_out or spec.reprocess_spec == "every_job")


def _plan(job: Job, position: int, datum: Datum, salt: str, before: dict[str, Planned]) -> Planned:
    digest = datum.hash(salt)
    old = before.get(datum.id)
    same = old is not None and old.hash == digest
    planned = unowned(position, datum)
    return replace(
        planned,
        job=job.row,
        hash=digest,
        state=DatumState.SKIPPED if same else DatumState.STARTING,
        tree=old.tree if same and old is not None else None,
    )


def unowned(position: int, datum: Datum) -> Planned:
    """A datum that no job has yet."""
    return Planned(
        job=0,
        position=position,
        id=datum.id,
        hash="",
        inputs=datum.dump(),
        state=DatumState.UNKNOWN,
        tree=None,
        restarts=0,
        download_ns=0,
        process_ns=0,
        upload_ns=0,
        download_bytes=0,
        upload_bytes=0,
    )


def _base(conn: Conn, job: Job) -> list[Planned]:
    """The datums that the last successful ancestor has, walking back over failed ones."""
    line = commits.ancestors(conn, commits.by_row(conn, job.output))
    next(line)
    for ancestor in line:
        earlier = jobs.of_output(conn, ancestor.row)
        if earlier is not None and earlier.state == JobState.SUCCESS:
            return [p for p in of_job(conn, earlier.row) if p.state in DONE]
    return []


def begin(txn: Txn, job: Job, planned: list[Planned]) -> None:
    """The first start stores the plan; a start after a crash counts as a restart and keeps what was done."""
    if job.started is None:
        fields = Planned.__dataclass_fields__
        txn.conn.executemany(
            f"INSERT INTO datum ({', '.join(fields)}) VALUES ({', '.join('?' * len(fields))})",
            [tuple(getattr(p, name) for name in fields) for p in planned],
        )
        txn.conn.execute("UPDATE job SET total = ? WHERE row = ?", (len(planned), job.row))
    else:
        txn.conn.execute("UPDATE job SET restarts = restarts + 1 WHERE row = ?", (job.row,))
    jobs.set_state(txn, job.row, JobState.RUNNING)


def finish(txn: Txn, job: Job) -> None:
    """Lay the outputs of all datums over each other; the finisher finds the collisions."""
    outputs = [p.tree for p in of_job(txn.conn, job.row) if p.state in DONE and p.tree]
    if len(outputs) == 1:
        root = outputs[0]
    else:
        draft = Draft(txn.store.trees, txn.conn)
        for tree in outputs:
            draft.merge(tree)
        root = draft.save().key
    txn.conn.execute("UPDATE commits SET tree = ? WHERE row = ?", (root, job.output))
    close(txn, job)


def close(txn: Txn, job: Job) -> None:
    """What nobody has written to stays empty: it does not inherit from the job before."""
    jobs.set_state(txn, job.row, JobState.FINISHING)
    for commit in jobs.outputs(txn.conn, job):
        if commit.finishing is None:
            txn.conn.execute(
                "UPDATE commits SET tree = coalesce(tree, ?) WHERE row = ?", (EMPTY_DIR.key, commit.row)
            )
            commits.close(txn, commit)


def store_outcome(txn: Txn, planned: Planned, outcome: Outcome) -> None:
    tree, stats = None, outcome.stats
    if outcome.output is not None:
        outcome.output.batch.flush(txn.conn)
        draft = Draft(txn.store.trees, txn.conn)
        outcome.output.write(draft, planned.id)
        tree = draft.save().key
    values = {"state": outcome.state, "tree": tree, **asdict(stats)}
    txn.conn.execute(
        f"UPDATE datum SET {', '.join(f'{name} = :{name}' for name in values)} WHERE job = :job AND id = :id",
        {**values, "job": planned.job, "id": planned.id},
    )


def spec_of(conn: Conn, job: Job) -> Any:
    return pipelines.spec(conn, job.project, job.pipeline, job.version)
