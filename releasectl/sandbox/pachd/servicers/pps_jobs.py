"""PPS: jobs, datums and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf import empty_pb2

from releasectl.sandbox.pachd import commits, convert_pps, jobs, logs, pipelines, requests
from releasectl.sandbox.pachd.errors import PachError, not_found, unavailable, unimplemented
from releasectl.sandbox.pachd.jobs import Job
from releasectl.sandbox.pachd.lookup import commit_of
from releasectl.sandbox.pachd.pps import datums, plan, specs
from releasectl.sandbox.pachd.pps.plan import Planned
from releasectl.sandbox.pachd.records import DEFAULT_PROJECT, now
from releasectl.sandbox.pachd.servicers.table import Server
from releasectl.sandbox.pachd.servicers.waiting import listen
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.transactions import transaction

Context = grpc.ServicerContext
EMPTY = empty_pb2.Empty


def _get(conn: Conn, message: Any) -> Job:
    pipeline = message.pipeline
    return jobs.get(conn, pipeline.project.name or DEFAULT_PROJECT, pipeline.name, message.id)


def _info(server: Server, context: Context, row: int, request: Any) -> Any:
    """The job, when it is over if the request waits; None when it is gone, or the client."""
    store = server.store

    def look() -> Any:
        with store.db.read() as conn:
            found = jobs.query(conn, "row = ?", row)
            if not found:
                raise not_found("the job was deleted while it was waited for")
            if request.wait and not found[0].done:
                return None
            return convert_pps.job_info(conn, found[0], details=request.details)

    return store.db.changes.wait_until(look, context.is_active)


def inspect_job(server: Server, request: Any, context: Context) -> Any:
    listen(server.store, context)
    with server.store.db.read() as conn:
        row = _get(conn, request.job).row
    info = _info(server, context, row, request)
    if info is None:
        raise unavailable("the client went away")
    return info


def inspect_job_set(server: Server, request: Any, context: Context) -> Iterator[Any]:
    listen(server.store, context)
    with server.store.db.read() as conn:
        found = jobs.query(conn, "id = ? ORDER BY row", request.job_set.id)
    for job in found:
        info = _info(server, context, job.row, request)
        if info is not None:
            yield info


def list_job(server: Server, request: Any, _: Context) -> Iterator[Any]:
    """Newest first; history 0 is the current version of the pipeline only, -1 every version."""
    if request.jqFilter:
        raise unimplemented("the sandbox does not run jq filters")
    with server.store.db.read() as conn:
        found = [job for job in jobs.query(conn, "1 ORDER BY row DESC") if _listed(conn, job, request)]
        if request.input_commit:
            wanted = {commit_of(conn, message).row for message in request.input_commit}
            found = [job for job in found if wanted <= {c.row for c in commits.lineage(conn, [job.output])}]
        page = _page(found, request)
        infos = [convert_pps.job_info(conn, job, details=request.details) for job in page]
    yield from infos


def _listed(conn: Conn, job: Job, request: Any) -> bool:
    name, project = request.pipeline.name, request.pipeline.project.name or DEFAULT_PROJECT
    if name and (job.pipeline, job.project) != (name, project):
        return False
    if request.projects and job.project not in {p.name or DEFAULT_PROJECT for p in request.projects}:
        return False
    return bool(
        request.history < 0
        or job.version >= pipelines.get(conn, job.project, job.pipeline).version - request.history
    )


def _page(found: list[Job], request: Any) -> list[Job]:
    if request.HasField("paginationMarker"):
        marker = request.paginationMarker.ToNanoseconds()
        found = [job for job in found if (job.created > marker if request.reverse else job.created < marker)]
    if request.reverse:
        found = found[::-1]
    return found[: request.number or None]


def list_job_set(server: Server, request: Any, _: Context) -> Iterator[Any]:
    if request.jqFilter:
        raise unimplemented("the sandbox does not run jq filters")
    projects = {project.name or DEFAULT_PROJECT for project in request.projects}
    with server.store.db.read() as conn:
        sets: dict[str, list[Job]] = {}
        for job in jobs.query(conn, "1 ORDER BY row DESC"):
            if not projects or job.project in projects:
                sets.setdefault(job.id, []).append(job)
        firsts = _page([members[0] for members in sets.values()], request)
        infos = [
            convert_pps.job_set_info(conn, j.id, sets[j.id][::-1], details=request.details) for j in firsts
        ]
    yield from infos


def delete_job(server: Server, request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        job = _get(txn.conn, request.job)
        if not job.done:
            jobs.stop(txn, job, "job deleted")
        txn.conn.execute("DELETE FROM job WHERE row = ?", (job.row,))
    return EMPTY()


def list_datum(server: Server, request: Any, _: Context) -> Iterator[Any]:
    with server.store.db.read() as conn:
        if request.HasField("job"):
            owner: Job | None = _get(conn, request.job)
            assert owner is not None
            image = plan.spec_of(conn, owner).transform.image
            found = plan.of_job(conn, owner.row)
        else:
            owner, image, found = None, "", _datums_of(server, conn, request.input)
        if request.filter.state:
            found = [planned for planned in found if planned.state in request.filter.state]
        infos = [convert_pps.datum_info(conn, owner, p, image) for p in _datum_page(found, request)]
    yield from infos


def _datums_of(server: Server, conn: Conn, node: Any) -> list[Planned]:
    """What a pipeline with this input would run now, at the heads of its branches."""
    spec = specs.normalise(specs.request_for(node), now())
    if not spec.HasField("input"):
        raise PachError("no input set")
    pin = datums.at_heads(conn)
    found = datums.of_input(server.store.trees, conn, spec.input, pin)
    return [plan.unowned(position, datum) for position, datum in enumerate(found)]


def _datum_page(found: list[Planned], request: Any) -> list[Planned]:
    if request.reverse:
        found = found[::-1]
    ids = [planned.id for planned in found]
    if request.paginationMarker in ids:
        found = found[ids.index(request.paginationMarker) + 1 :]
    return found[: request.number or None]


def inspect_datum(server: Server, request: Any, _: Context) -> Any:
    with server.store.db.read() as conn:
        owner = _get(conn, request.datum.job)
        image = plan.spec_of(conn, owner).transform.image
        for planned in plan.of_job(conn, owner.row):
            if planned.id == request.datum.id:
                return convert_pps.datum_info(conn, owner, planned, image)
    raise not_found(f"datum {request.datum.id} not found in job {owner}")


def restart_datum(server: Server, request: Any, _: Context) -> Any:
    with server.store.db.read() as conn:
        job = _get(conn, request.job)
    if not server.scheduler.restart_datums(job, request.data_filters):
        raise PachError(f"no datum of job {job} that runs now matches {list(request.data_filters)}")
    return EMPTY()


def get_logs(server: Server, request: Any, context: Context) -> Iterator[Any]:
    """Oldest first; with follow, until the job is over or the client has gone."""
    store = server.store
    listen(store, context)
    with store.db.read() as conn:
        query = _query(conn, request)
        stored = query.read(conn)
    if request.tail:
        stored = stored[-request.tail :]
    yield from map(convert_pps.log_message, stored)
    last = stored[-1].row if stored else 0

    def look() -> list[logs.Stored] | None:
        with store.db.read() as conn:
            over = bool(query.job) and all(j.done for j in jobs.query(conn, "id = ?", query.job))
            more = query.read(conn, last)
            return more if more or over else None

    while request.follow and (more := store.db.changes.wait_until(look, context.is_active)):
        yield from map(convert_pps.log_message, more)
        last = more[-1].row


def _query(conn: Conn, request: Any) -> logs.Query:
    job = request.job if request.HasField("job") else request.datum.job
    pipeline = job.pipeline if job.pipeline.name else request.pipeline
    found = pipelines.get(conn, pipeline.project.name, pipeline.name)
    if job.id:
        _get(conn, job)
    if request.tail < 0:
        raise PachError("tail must not be negative")
    since = now() - request.since.ToNanoseconds() if request.HasField("since") else 0
    filters = tuple(request.data_filters)
    return logs.Query(found.project, found.name, job.id, request.datum.id, request.master, filters, since)


HANDLERS = {
    "InspectJob": inspect_job,
    "InspectJobSet": inspect_job_set,
    "ListJob": list_job,
    "ListJobSet": list_job_set,
    "StopJob": requests.handler("stop_job"),
    "DeleteJob": delete_job,
    "ListDatum": list_datum,
    "InspectDatum": inspect_datum,
    "RestartDatum": restart_datum,
    "GetLogs": get_logs,
}
