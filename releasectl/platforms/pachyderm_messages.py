"""Names -> Pachyderm's messages, and its messages -> the values of `ports`; no I/O."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pfs
from python_pachyderm.proto.v2.pps import pps_pb2 as pps

from releasectl.errors import InvalidInput
from releasectl.model import Json
from releasectl.ports import CommitState, JobState, PipelineState

COMMIT_ID = re.compile(r"[0-9a-f]{32}")
BRANCH = re.compile(r"[A-Za-z0-9_-]+")
WIDE = {FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_UINT64}
WRAPPERS = {"google.protobuf.Int64Value", "google.protobuf.UInt64Value"}
# What the server keeps of a spec and a person can write: its salt is made up anew for each reprocess.
SPEC_FIELDS = frozenset(pps.CreatePipelineRequest.DESCRIPTOR.fields_by_name) - {"salt"}
PROJECT = pfs.Project(name="default")


def repo_message(repo: str) -> Any:
    return pfs.Repo(name=repo, type="user", project=PROJECT)


def branch_message(repo: str, branch: str) -> Any:
    return pfs.Branch(repo=repo_message(repo), name=branch)


def commit_message(repo: str, reference: str) -> Any:
    """An id and an expression such as `master~1` travel as the id, a plain name as the branch."""
    if BRANCH.fullmatch(reference) and not COMMIT_ID.fullmatch(reference):
        return pfs.Commit(branch=branch_message(repo, reference))
    return pfs.Commit(branch=pfs.Branch(repo=repo_message(repo)), id=reference)


def file_message(repo: str, reference: str, path: str) -> Any:
    return pfs.File(commit=commit_message(repo, reference), path=path)


def pipeline_message(name: str) -> Any:
    return pps.Pipeline(name=name, project=PROJECT)


def commit_state(info: Any) -> CommitState:
    return CommitState(
        repo=info.commit.branch.repo.name,
        branch=info.commit.branch.name,
        commit=info.commit.id,
        finished=info.HasField("finished"),
        error=info.error,
        started=info.started.ToDatetime(tzinfo=UTC) if info.HasField("started") else None,
        description=info.description,
    )


def job_state(info: Any) -> JobState:
    return JobState(
        pipeline=info.job.pipeline.name,
        id=info.job.id,
        state=plain(pps.JobState.Name(info.state), "JOB_"),
        reason=info.reason,
        datums_done=info.data_processed + info.data_skipped + info.data_failed + info.data_recovered,
        datums_total=info.data_total,
    )


def pipeline_state(info: Any) -> PipelineState:
    kept = spec_json(info.details)
    return PipelineState(
        name=info.pipeline.name,
        version=info.version,
        state=plain(pps.PipelineState.Name(info.state), "PIPELINE_"),
        reason=info.reason or info.details.reason or info.details.recent_error,
        spec={
            "pipeline": spec_json(info.pipeline),
            **{name: value for name, value in kept.items() if name in SPEC_FIELDS},
        },
    )


def plain(name: str, prefix: str) -> str:
    """JOB_SUCCESS -> success: the words of pachctl."""
    return name.removeprefix(prefix).lower()


def spec_request(spec: Json) -> Any:
    """The request that creates or updates a pipeline; raises InvalidInput for what is no Pachyderm spec."""
    name = spec.get("pipeline", {}).get("name", "?")
    try:
        request = json_format.ParseDict(spec, pps.CreatePipelineRequest())
    except json_format.ParseError as error:
        raise InvalidInput.at(
            f"pipeline {name}", f"no valid Pachyderm spec: {error}", "mend the DAG's jsonnet"
        ) from None
    request.update = True  # creates what is missing, too
    return request


def spec_json(message: Any) -> dict[str, Json]:
    """Field names as in a spec, and integers as integers, where protobuf's JSON writes 64 bits as text."""
    data: dict[str, Json] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    narrow(data, message.DESCRIPTOR)
    return data


def narrow(data: dict[str, Json], descriptor: Descriptor) -> None:
    for name, value in data.items():
        field = descriptor.fields_by_name[name]
        if field.type in WIDE or (field.message_type and field.message_type.full_name in WRAPPERS):
            data[name] = [int(item) for item in value] if isinstance(value, list) else int(value)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    narrow(item, field.message_type)
