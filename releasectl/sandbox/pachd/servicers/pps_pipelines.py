"""PPS: pipelines and secrets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf import empty_pb2
from python_pachyderm.proto.v2.pps import pps_pb2

from releasectl.sandbox.pachd import convert_pps, jobs, pipelines, requests, secrets
from releasectl.sandbox.pachd.errors import PachError, unimplemented
from releasectl.sandbox.pachd.pipelines import Pipeline
from releasectl.sandbox.pachd.pps import clock, manage
from releasectl.sandbox.pachd.servicers.table import Server
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.transactions import transaction

Context = grpc.ServicerContext
EMPTY = empty_pb2.Empty


def _get(conn: Conn, message: Any) -> Pipeline:
    return pipelines.get(conn, message.project.name, message.name)


def inspect_pipeline(server: Server, request: Any, _: Context) -> Any:
    with server.store.db.read() as conn:
        found = _get(conn, request.pipeline)
        return convert_pps.pipeline_info(conn, found, found.version, details=request.details)


def list_pipeline(server: Server, request: Any, _: Context) -> Iterator[Any]:
    """With details whether asked for or not, as 2.7 does; history -1 means every version."""
    if request.jqFilter:
        raise unimplemented("the sandbox does not run jq filters")
    with server.store.db.read() as conn:
        chosen = [_get(conn, request.pipeline)] if request.pipeline.name else pipelines.all_of(conn)
        projects = {project.name or "default" for project in request.projects}
        infos = [
            convert_pps.pipeline_info(conn, found, version, details=True)
            for found in chosen
            if not projects or found.project in projects
            for version in _versions(conn, found, request)
        ]
    yield from infos


def _versions(conn: Conn, found: Pipeline, request: Any) -> list[int]:
    if request.commit_set.id:
        where = "project = ? AND pipeline = ? AND id = ?"
        return [
            job.version for job in jobs.query(conn, where, found.project, found.name, request.commit_set.id)
        ]
    oldest = 1 if request.history < 0 else max(1, found.version - request.history)
    return list(range(found.version, oldest - 1, -1))


def delete_pipeline(server: Server, request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        if request.all:
            manage.delete_all(txn)
        else:
            found = _get(txn.conn, request.pipeline)
            manage.delete(txn, found, force=request.force, keep_repo=request.keep_repo)
    return EMPTY()


def delete_all(server: Server, _request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        manage.delete_all(txn)
    return EMPTY()


def start_pipeline(server: Server, request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        manage.start(txn, _get(txn.conn, request.pipeline))
    return EMPTY()


def stop_pipeline(server: Server, request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        manage.stop(txn, _get(txn.conn, request.pipeline))
    return EMPTY()


def run_cron(server: Server, request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        found = _get(txn.conn, request.pipeline)
        leaves = clock.inputs(pipelines.current_spec(txn.conn, found))
        if not leaves:
            raise PachError(f"pipeline {found} does not have a cron input")
        for leaf in leaves:
            clock.tick(txn, leaf, datetime.now(UTC))
    return EMPTY()


def create_secret(server: Server, request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        secrets.create(txn, request.file)
    return EMPTY()


def inspect_secret(server: Server, request: Any, _: Context) -> Any:
    with server.store.db.read() as conn:
        return convert_pps.secret_info(secrets.get(conn, request.secret.name))


def list_secret(server: Server, _request: Any, _: Context) -> Any:
    with server.store.db.read() as conn:
        return pps_pb2.SecretInfos(secret_info=[convert_pps.secret_info(s) for s in secrets.all_of(conn)])


def delete_secret(server: Server, request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        secrets.delete(txn, request.secret.name)
    return EMPTY()


HANDLERS = {
    "CreatePipeline": requests.handler("create_pipeline"),
    "InspectPipeline": inspect_pipeline,
    "ListPipeline": list_pipeline,
    "DeletePipeline": delete_pipeline,
    "DeleteAll": delete_all,
    "StartPipeline": start_pipeline,
    "StopPipeline": stop_pipeline,
    "RunCron": run_cron,
    "CreateSecret": create_secret,
    "InspectSecret": inspect_secret,
    "ListSecret": list_secret,
    "DeleteSecret": delete_secret,
}
