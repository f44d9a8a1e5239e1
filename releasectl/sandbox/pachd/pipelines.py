"""The rows of pipelines and of their versions."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from python_pachyderm.proto.v2.pps import pps_pb2

from releasectl.sandbox.pachd.errors import not_found
from releasectl.sandbox.pachd.records import DEFAULT_PROJECT
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.txn import Txn


class PipelineState(IntEnum):
    """The numbers of pps_v2.PipelineState."""

    UNKNOWN = 0
    STARTING = 1
    RUNNING = 2
    RESTARTING = 3
    FAILURE = 4
    PAUSED = 5
    STANDBY = 6
    CRASHING = 7


@dataclass(frozen=True)
class Pipeline:
    project: str
    name: str
    version: int
    stopped: int
    state: int
    reason: str

    def __str__(self) -> str:
        return f"{self.project}/{self.name}"


def pipeline_of(row: sqlite3.Row) -> Pipeline:
    return Pipeline(*(row[name] for name in Pipeline.__dataclass_fields__))


def find(conn: Conn, project: str, name: str) -> Pipeline | None:
    row = conn.execute(
        "SELECT * FROM pipeline WHERE project = ? AND name = ?", (project or DEFAULT_PROJECT, name)
    ).fetchone()
    return pipeline_of(row) if row else None


def get(conn: Conn, project: str, name: str) -> Pipeline:
    if found := find(conn, project, name):
        return found
    raise not_found(f"pipeline {project or DEFAULT_PROJECT}/{name} not found")


def all_of(conn: Conn) -> list[Pipeline]:
    """Newest first."""
    return [pipeline_of(row) for row in conn.execute("SELECT * FROM pipeline ORDER BY rowid DESC")]


def spec(conn: Conn, project: str, name: str, version: int) -> Any:
    """The normalised CreatePipelineRequest of one version."""
    row = conn.execute(
        "SELECT spec FROM pipeline_version WHERE project = ? AND name = ? AND version = ?",
        (project, name, version),
    ).fetchone()
    return pps_pb2.CreatePipelineRequest.FromString(row["spec"])


def current_spec(conn: Conn, pipeline: Pipeline) -> Any:
    return spec(conn, pipeline.project, pipeline.name, pipeline.version)


def set_state(txn: Txn, pipeline: Pipeline, state: PipelineState, *, stopped: bool) -> None:
    txn.conn.execute(
        "UPDATE pipeline SET stopped = ?, state = ? WHERE project = ? AND name = ?",
        (stopped, state, pipeline.project, pipeline.name),
    )
