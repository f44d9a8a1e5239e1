"""The spec as the server keeps it: every default filled in, inputs sorted, globs clean."""

from __future__ import annotations

from typing import Any

from google.protobuf import timestamp_pb2
from python_pachyderm.proto.v2.pps import pps_pb2

from releasectl.sandbox.pachd import globs
from releasectl.sandbox.pachd.pps import visit
from releasectl.sandbox.pachd.records import DEFAULT_PROJECT, USER, new_id

IMAGE = "ubuntu:20.04"
TRIES = 3
REPROCESS = ("until_success", "every_job")
RESOURCES = {"cpu": 1.0, "memory": "256Mi", "disk": "1Gi"}
SERVICE = "NodePort"
CONTROL = ("update", "reprocess", "dry_run", "details_json", "spec_commit")


def normalise(request: Any, now: int) -> Any:
    """A copy of the request with all that the server would add; faults are left to `validate`."""
    spec = type(request)()
    spec.CopyFrom(request)
    for control in CONTROL:
        spec.ClearField(control)
    if not spec.pipeline.project.name:
        spec.pipeline.project.name = DEFAULT_PROJECT
    if spec.HasField("transform") and not spec.transform.image:
        spec.transform.image = IMAGE
    spec.output_branch = spec.output_branch or "master"
    spec.datum_tries = spec.datum_tries or TRIES
    spec.reprocess_spec = spec.reprocess_spec or REPROCESS[0]
    spec.salt = spec.salt or new_id()
    spec.parallelism_spec.constant = spec.parallelism_spec.constant or 1
    for resources in (spec.resource_requests, spec.sidecar_resource_requests):
        for field, value in RESOURCES.items():
            if not getattr(resources, field):
                setattr(resources, field, value)
    if spec.HasField("service") and not spec.service.type:
        spec.service.type = SERVICE
    if spec.HasField("spout") and spec.spout.HasField("service") and not spec.spout.service.type:
        spec.spout.service.type = SERVICE
    if spec.HasField("input"):
        _defaults(spec, now)
        _sort(spec.input)
    return spec


def _defaults(spec: Any, now: int) -> None:
    triggered: dict[str, int] = {}
    for leaf in visit.leaves(spec.input):
        leaf.project = leaf.project or spec.pipeline.project.name
        if leaf.DESCRIPTOR.name == "CronInput":
            leaf.repo = leaf.repo or f"{spec.pipeline.name}_{leaf.name}"
            if not leaf.HasField("start"):
                leaf.start.CopyFrom(timestamp_pb2.Timestamp(seconds=now // 10**9))
            continue
        leaf.name = leaf.name or leaf.repo
        leaf.repo_type = leaf.repo_type or USER
        if leaf.HasField("trigger"):
            leaf.trigger.branch = leaf.trigger.branch or "master"
            if not leaf.branch:
                triggered[leaf.repo] = triggered.get(leaf.repo, 0) + 1
                leaf.branch = f"{spec.pipeline.name}-trigger-{triggered[leaf.repo]}"
        leaf.branch = leaf.branch or "master"
        if leaf.glob or leaf.s3:
            leaf.glob = globs.clean(leaf.glob or "/")


def _sort(node: Any) -> None:
    for kind in visit.COMBINED:
        below = getattr(node, kind)
        for member in below:
            _sort(member)
        ordered = sorted(below, key=visit.name)
        del below[:]
        below.extend(ordered)


def request_for(node: Any) -> Any:
    """A request that holds nothing but an input."""
    request = pps_pb2.CreatePipelineRequest()
    request.input.CopyFrom(node)
    return request


def is_service(spec: Any) -> bool:
    return bool(spec.HasField("service"))


def is_spout(spec: Any) -> bool:
    return bool(spec.HasField("spout"))


def is_transform(spec: Any) -> bool:
    return not is_service(spec) and not is_spout(spec)
