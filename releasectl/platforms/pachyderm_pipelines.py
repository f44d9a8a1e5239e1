"""Pipelines: what is live, their jobs and logs, and the one transaction that changes a DAG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pfs
from python_pachyderm.proto.v2.pps import pps_pb2 as pps
from python_pachyderm.proto.v2.transaction import transaction_pb2 as transactions

from releasectl.errors import Problem, ReleaseError
from releasectl.model import CommitId, Json
from releasectl.platforms.pachyderm_messages import (
    PROJECT,
    branch_message,
    commit_message,
    job_state,
    pipeline_message,
    pipeline_state,
    repo_message,
    spec_request,
)
from releasectl.platforms.pachyderm_wire import NotFound, Wire
from releasectl.ports import JobState, PipelineChange, PipelineState


def pipelines(wire: Wire) -> Mapping[str, PipelineState]:
    request = pps.ListPipelineRequest(details=True, projects=[PROJECT])
    infos = wire.stream(wire.pps.ListPipeline, request)
    return {state.name: state for state in map(pipeline_state, infos)}


def jobs(wire: Wire, pipeline: str) -> Sequence[JobState]:
    request = pps.ListJobRequest(pipeline=pipeline_message(pipeline), history=-1)
    try:
        infos = list(wire.stream(wire.pps.ListJob, request, where=f"pipeline {pipeline}"))
    except NotFound:
        return ()
    infos.sort(key=lambda info: (info.created.seconds, info.created.nanos), reverse=True)
    return [job_state(info) for info in infos]


def logs(wire: Wire, pipeline: str, job: str) -> Iterator[str]:
    request = pps.GetLogsRequest(job=pps.Job(pipeline=pipeline_message(pipeline), id=job))
    for message in wire.stream(wire.pps.GetLogs, request, where=f"job {pipeline}@{job}"):
        if message.user:
            yield message.message.rstrip("\n")


def change(wire: Wire, wanted: PipelineChange) -> None:
    """Parse everything first, then one transaction, then the deletions."""
    specs = [spec_request(spec) for spec in wanted.pipelines]
    if wanted.create_repos or wanted.move_heads or specs:
        transact(wire, wanted, specs)
    for name in deletion_order(wire, wanted.delete_pipelines):
        request = pps.DeletePipelineRequest(pipeline=pipeline_message(name))
        wire.call(wire.pps.DeletePipeline, request, where=f"pipeline {name}")


def transact(wire: Wire, wanted: PipelineChange, specs: Sequence[Any]) -> None:
    transaction = wire.call(wire.transactions.StartTransaction, transactions.StartTransactionRequest())
    try:
        for repo in wanted.create_repos:
            # update: to make what is there already is no error.
            creation = pfs.CreateRepoRequest(repo=repo_message(repo), update=True)
            wire.call(wire.pfs.CreateRepo, creation, where=repo, transaction=transaction.id)
        for move in wanted.move_heads:
            move_head(wire, *move, transaction=transaction.id)
        for spec in specs:
            name = f"pipeline {spec.pipeline.name}"
            wire.call(wire.pps.CreatePipeline, spec, where=name, transaction=transaction.id)
        request = transactions.FinishTransactionRequest(transaction=transaction)
        wire.call(wire.transactions.FinishTransaction, request, where="the change of the DAG")
    except BaseException as cause:
        left = abandon(wire, transaction)
        if isinstance(cause, ReleaseError) and left:
            raise type(cause)(*cause.problems, *left) from None
        raise


def abandon(wire: Wire, transaction: Any) -> tuple[Problem, ...]:
    request = transactions.DeleteTransactionRequest(transaction=transaction)
    try:
        wire.call(wire.transactions.DeleteTransaction, request)
    except NotFound:
        return ()
    except ReleaseError as error:
        return tuple(
            Problem(
                f"transaction {transaction.id}",
                f"could not be withdrawn: {problem.what}",
                f"it changes nothing; `pachctl delete transaction {transaction.id}` tidies up",
            )
            for problem in error.problems
        )
    return ()


def move_head(
    wire: Wire, repo: str, branch: str, commit: CommitId, *, transaction: str | None = None
) -> None:
    request = pfs.CreateBranchRequest(branch=branch_message(repo, branch), head=commit_message(repo, commit))
    wire.call(wire.pfs.CreateBranch, request, where=f"{repo}@{branch}", transaction=transaction)


def delete_branch(wire: Wire, repo: str, branch: str) -> None:
    request = pfs.DeleteBranchRequest(branch=branch_message(repo, branch))
    try:
        wire.call(wire.pfs.DeleteBranch, request, where=f"{repo}@{branch}")
    except NotFound:
        return  # gone already, as was asked


def deletion_order(wire: Wire, names: Sequence[str]) -> list[str]:
    """Of `names` those that live, readers before what they read: pachd deletes no repository that is read."""
    live = {name: state.spec for name, state in pipelines(wire).items()} if names else {}
    left = [name for name in names if name in live]
    order: list[str] = []
    while left:
        read = {repo for name in left for repo in inputs(live[name].get("input", {}))}
        free = [name for name in left if name not in read] or left  # a cycle cannot live on a server
        order += free
        left = [name for name in left if name not in free]
    return order


def inputs(node: Json) -> set[str]:
    """The repositories that an input of a spec reads."""
    found = {str(node["pfs"]["repo"])} if "pfs" in node else set()
    for kind in ("cross", "union", "join", "group"):
        for member in node.get(kind, ()):
            found |= inputs(member)
    return found
