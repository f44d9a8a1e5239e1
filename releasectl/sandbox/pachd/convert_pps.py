"""Rows to the messages of PPS."""

from __future__ import annotations

from typing import Any

from google.protobuf import duration_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2
from python_pachyderm.proto.v2.pps import pps_pb2

from releasectl.sandbox.pachd import commits, convert, jobs, pipelines, repos
from releasectl.sandbox.pachd.jobs import Job
from releasectl.sandbox.pachd.logs import Stored
from releasectl.sandbox.pachd.pipelines import Pipeline
from releasectl.sandbox.pachd.pps import plan, specs, visit
from releasectl.sandbox.pachd.pps.datums import InputFile
from releasectl.sandbox.pachd.pps.plan import Planned
from releasectl.sandbox.pachd.records import META
from releasectl.sandbox.pachd.secrets import Secret
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.worker.tasks import DatumState

COUNTERS = {
    "data_processed": DatumState.SUCCESS,
    "data_skipped": DatumState.SKIPPED,
    "data_failed": DatumState.FAILED,
    "data_recovered": DatumState.RECOVERED,
}


def duration(ns: int) -> Any:
    return duration_pb2.Duration(seconds=ns // 10**9, nanos=ns % 10**9)


def pipeline(value: Pipeline | Job) -> Any:
    name = value.pipeline if isinstance(value, Job) else value.name
    return pps_pb2.Pipeline(name=name, project=convert.project(value.project))


def job(value: Job) -> Any:
    return pps_pb2.Job(pipeline=pipeline(value), id=value.id)


def _copy(spec: Any, details: Any) -> None:
    """Every field that the spec and the details have in common."""
    for field, value in spec.ListFields():
        if field.name not in details.DESCRIPTOR.fields_by_name:
            continue
        if field.label == field.LABEL_REPEATED:
            getattr(details, field.name).extend(value)
        elif field.message_type:
            getattr(details, field.name).CopyFrom(value)
        else:
            setattr(details, field.name, value)


def pipeline_info(conn: Conn, value: Pipeline, version: int, *, details: bool) -> Any:
    row = conn.execute(
        "SELECT * FROM pipeline_version WHERE project = ? AND name = ? AND version = ?",
        (value.project, value.name, version),
    ).fetchone()
    spec = pipelines.spec(conn, value.project, value.name, version)
    last = jobs.query(
        conn, "project = ? AND pipeline = ? ORDER BY row DESC LIMIT 1", value.project, value.name
    )
    kinds = pps_pb2.PipelineInfo.PipelineType
    info = pps_pb2.PipelineInfo(
        pipeline=pipeline(value),
        version=version,
        spec_commit=convert.commit_at(conn, row["spec_commit"]),
        stopped=bool(value.stopped),
        state=value.state,
        reason=value.reason,
        last_job_state=last[0].state if last else 0,
        parallelism=spec.parallelism_spec.constant,
        type=kinds.PIPELINE_TYPE_SERVICE if specs.is_service(spec) else kinds.PIPELINE_TYPE_TRANSFORM,
    )
    if details:
        _copy(spec, info.details)
        info.details.created_at.CopyFrom(convert.timestamp(row["created"]))
        workers = 0 if value.stopped else spec.parallelism_spec.constant
        info.details.workers_requested = info.details.workers_available = workers
    return info


def job_info(conn: Conn, value: Job, *, details: bool) -> Any:
    row = conn.execute(
        "SELECT total(download_ns) AS download_time, total(process_ns) AS process_time,"
        " total(upload_ns) AS upload_time, total(download_bytes) AS download_bytes,"
        " total(upload_bytes) AS upload_bytes FROM datum WHERE job = ?",
        (value.row,),
    ).fetchone()
    states = conn.execute("SELECT state, count(*) AS n FROM datum WHERE job = ? GROUP BY state", (value.row,))
    counts = {found["state"]: found["n"] for found in states}
    info = pps_pb2.JobInfo(
        job=job(value),
        pipeline_version=value.version,
        output_commit=convert.commit_at(conn, value.output),
        restart=value.restarts,
        data_total=value.total,
        stats=pps_pb2.ProcessStats(
            download_time=duration(int(row["download_time"])),
            process_time=duration(int(row["process_time"])),
            upload_time=duration(int(row["upload_time"])),
            download_bytes=int(row["download_bytes"]),
            upload_bytes=int(row["upload_bytes"]),
        ),
        state=value.state,
        reason=value.reason,
        created=convert.timestamp(value.created),
        started=convert.timestamp(value.started),
        finished=convert.timestamp(value.finished),
        **{name: counts.get(state, 0) for name, state in COUNTERS.items()},
    )
    if details:
        _copy(plan.spec_of(conn, value), info.details)
        for leaf in visit.leaves(info.details.input):
            leaf.commit = value.id  # resolves to what was read, through the provenance of the commit set
    return info


def job_set_info(conn: Conn, id_: str, values: list[Job], *, details: bool) -> Any:
    infos = [job_info(conn, value, details=details) for value in values]
    return pps_pb2.JobSetInfo(job_set=pps_pb2.JobSet(id=id_), jobs=infos)


def input_file(conn: Conn, value: InputFile) -> Any:
    commit = commits.by_row(conn, value.commit)
    where = convert.commit(repos.by_row(conn, commit.repo), commit)
    return pfs_pb2.FileInfo(
        file=pfs_pb2.File(commit=where, path=value.path),
        file_type=pfs_pb2.FileType.DIR if value.is_dir else pfs_pb2.FileType.FILE,
        committed=convert.timestamp(commit.finishing),
        size_bytes=value.size,
        hash=bytes.fromhex(value.hash),
    )


def datum_info(conn: Conn, owner: Job | None, value: Planned, image: str) -> Any:
    """`owner` is None for the datums that an input would have."""
    meta = repos.find(conn, owner.project, owner.pipeline, META) if owner else None
    commit = commits.by_id(conn, meta.row, owner.id) if meta and owner else None
    return pps_pb2.DatumInfo(
        datum=pps_pb2.Datum(job=job(owner) if owner else None, id=value.id),
        state=value.state if owner else DatumState.UNKNOWN,
        stats=pps_pb2.ProcessStats(
            download_time=duration(value.download_ns),
            process_time=duration(value.process_ns),
            upload_time=duration(value.upload_ns),
            download_bytes=value.download_bytes,
            upload_bytes=value.upload_bytes,
        ),
        pfs_state=pfs_pb2.File(commit=convert.commit_at(conn, commit.row), path=f"/pfs/{value.id}")
        if commit
        else None,
        data=[input_file(conn, file) for file in value.datum.files],
        image_id=image,
    )


def log_message(value: Stored) -> Any:
    line = value.line
    return pps_pb2.LogMessage(
        project_name=line.project,
        pipeline_name=line.pipeline,
        job_id=line.job,
        worker_id=line.worker,
        datum_id=line.datum,
        master=bool(line.is_master),
        user=bool(line.is_user),
        ts=convert.timestamp(line.at),
        message=line.message,
        data=[pps_pb2.InputFile(path=path, hash=bytes.fromhex(digest)) for path, digest in value.pairs],
    )


def secret_info(value: Secret) -> Any:
    return pps_pb2.SecretInfo(
        secret=pps_pb2.Secret(name=value.name),
        type=value.type,
        creation_timestamp=convert.timestamp(value.created),
    )
