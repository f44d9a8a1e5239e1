"""Provenance: every commit that a commit was made from, and the pipeline version that made each."""

from __future__ import annotations

from typing import Any

from python_pachyderm.proto.v2.pps import pps_pb2 as pps

from releasectl.errors import PlatformRefused
from releasectl.model import CommitId, PipelineVersion, Upstream
from releasectl.platforms.pachyderm_files import inspect
from releasectl.platforms.pachyderm_messages import pipeline_message
from releasectl.platforms.pachyderm_wire import NotFound, Wire, at_once

Key = tuple[str, CommitId]  # a repository, a commit of it


def lineage(wire: Wire, repo: str, commit: CommitId) -> tuple[Upstream, ...]:
    """Depth first, by name: a commit comes after all it was made from, and the order is always the same."""
    last = inspect(wire, repo, commit)
    infos = {key_of(last.commit): last}
    newest = [last]
    while newest:
        wanted = {key: None for info in newest for key in parents(info) if key not in infos}
        newest = at_once(lambda key: inspect(wire, *key), wanted)
        infos.update(zip(wanted, newest, strict=True))
    makers = dict(zip(infos, at_once(lambda info: made_by(wire, info), infos.values()), strict=True))
    found: dict[Key, Upstream] = {}

    def visit(key: Key) -> None:
        for parent in parents(infos[key]):
            if parent not in found:
                visit(parent)
        made = infos[key].commit
        found[key] = Upstream(made.branch.repo.name, made.branch.name, made.id, makers[key])

    visit(key_of(last.commit))
    return tuple(found.values())


def parents(info: Any) -> list[Key]:
    """What a commit was made from, apart from the spec of its pipeline."""
    return sorted(key_of(each) for each in info.direct_provenance if each.branch.repo.type == "user")


def key_of(commit: Any) -> Key:
    return commit.branch.repo.name, commit.id


def made_by(wire: Wire, info: Any) -> PipelineVersion | None:
    """A job has the id of its output commit. If it was deleted, the spec commit still tells the version."""
    name, commit = info.commit.branch.repo.name, info.commit.id
    specs = {parent.id for parent in info.direct_provenance if parent.branch.repo.type == "spec"}
    request = pps.InspectJobRequest(job=pps.Job(pipeline=pipeline_message(name), id=commit), details=True)
    try:
        job = wire.call(wire.pps.InspectJob, request, where=f"{name}@{commit}")
    except NotFound:
        job = None
    if job is None and not specs:
        return None
    if job is not None and job.details.transform.image:
        return PipelineVersion(name, job.pipeline_version, job.details.transform.image)
    for version in history(wire, name):
        if version.version == job.pipeline_version if job is not None else version.spec_commit.id in specs:
            return PipelineVersion(name, version.version, version.details.transform.image)
    raise PlatformRefused.at(
        f"{name}@{commit}",
        "was made by a pipeline that Pachyderm no longer knows: its version and image are lost",
        "release a commit of a live pipeline",
    )


def history(wire: Wire, pipeline: str) -> list[Any]:
    request = pps.ListPipelineRequest(pipeline=pipeline_message(pipeline), history=-1, details=True)
    try:
        return list(wire.stream(wire.pps.ListPipeline, request, where=f"pipeline {pipeline}"))
    except NotFound:
        return []
