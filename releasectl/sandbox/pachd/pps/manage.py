"""Pipelines are created, updated, stopped, started and deleted: each in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from releasectl.sandbox.pachd import branches, commits, jobs, pipelines, repos, secrets
from releasectl.sandbox.pachd.errors import PachError, exists, unimplemented
from releasectl.sandbox.pachd.pipelines import Pipeline, PipelineState
from releasectl.sandbox.pachd.pps import specs, validate, visit
from releasectl.sandbox.pachd.records import DEFAULT_PROJECT, META, SPEC, USER, Origin, Repo
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.txn import Txn

UPDATED = "all jobs killed because pipeline was updated"
STOPPED = "all jobs killed because pipeline was stopped"


def create(txn: Txn, request: Any) -> None:
    """Create, or with `update` create a new version, whether or not anything changed."""
    validate.check_name(request)
    project, name = request.pipeline.project.name or DEFAULT_PROJECT, request.pipeline.name
    repos.get_project(txn.conn, project)
    old = pipelines.find(txn.conn, project, name)
    if old is not None and not request.update:
        raise exists(f"pipeline {old} already exists")
    if old is None and repos.find(txn.conn, project, name):
        raise PachError(
            f"pipeline {name!r} cannot be created because a repo with the same name already exists"
        )
    wanted = specs.normalise(request, txn.now)
    validate.check_spec(request, wanted)
    secrets.check(txn.conn, wanted)
    if old is None and len(pipelines.all_of(txn.conn)) >= validate.MAX_PIPELINES:
        raise PachError(
            f"community edition allows at most {validate.MAX_PIPELINES} pipelines: delete one first"
        )
    _refuse_unsupported(wanted)
    for leaf in visit.leaves(wanted.input):
        if leaf.DESCRIPTOR.name == "PFSInput":
            repos.get(txn.conn, leaf.project, leaf.repo, leaf.repo_type)
    if request.dry_run:
        return
    if old is not None:
        _keep(txn, old, wanted, request)
        jobs.kill_all(txn, project, name, UPDATED)
    _store_version(txn, old, wanted)
    if old is None or not old.stopped:
        connect(txn, wanted)


def _refuse_unsupported(wanted: Any) -> None:
    """Valid on a cluster, but beyond what runs on a laptop: say so instead of pretending."""
    beyond = (
        (specs.is_spout(wanted), "spouts"),
        (wanted.HasField("egress"), "egress"),
        (wanted.s3_out, "s3_out"),
    )
    for found, what in beyond:
        if found:
            raise unimplemented(f"the sandbox does not run {what}: the spec is valid, try it on a cluster")


def _keep(txn: Txn, old: Pipeline, wanted: Any, request: Any) -> None:
    """What an update takes over from the version before: the salt (unless it reprocesses) and cron starts."""
    before = pipelines.current_spec(txn.conn, old)
    if not request.reprocess and not request.salt:
        wanted.salt = before.salt
    if before.output_branch != wanted.output_branch or specs.is_service(before) != specs.is_service(wanted):
        _disconnect(txn, before)
    starts = {
        leaf.name: leaf.start for leaf in visit.leaves(before.input) if leaf.DESCRIPTOR.name == "CronInput"
    }
    for leaf in visit.leaves(request.input):
        if leaf.DESCRIPTOR.name == "CronInput" and not leaf.HasField("start") and leaf.name in starts:
            for own in visit.leaves(wanted.input):
                if own.name == leaf.name:
                    own.start.CopyFrom(starts[leaf.name])


def _store_version(txn: Txn, old: Pipeline | None, wanted: Any) -> None:
    project, name = wanted.pipeline.project.name, wanted.pipeline.name
    if old is None:
        repos.create(txn, project, name, USER, f"Output repo for pipeline {name}.")
        repos.create(txn, project, name, SPEC, f"Spec repo for pipeline {name}.")
    if specs.is_transform(wanted) and not repos.find(txn.conn, project, name, META):
        repos.create(txn, project, name, META, f"Meta repo for pipeline {name}.")
    repo = repos.get(txn.conn, project, name, SPEC)
    branch = branches.find(txn.conn, repo.row, "master")
    parent = branch.head if branch else None
    commit = commits.create(txn, repo.row, "master", Origin.USER, parent=parent, closed=True)
    branches.create(txn, repo, "master", head=commit)
    version = old.version + 1 if old else 1
    state = PipelineState.PAUSED if old and old.stopped else PipelineState.STARTING
    txn.conn.execute(
        "INSERT INTO pipeline (project, name, version, stopped, state, output_branch)"
        " VALUES (?, ?, ?, 0, ?, ?)"
        " ON CONFLICT (project, name) DO UPDATE SET version = excluded.version, state = excluded.state,"
        " reason = '', output_branch = excluded.output_branch",
        (project, name, version, state, wanted.output_branch),
    )
    txn.conn.execute(
        "INSERT INTO pipeline_version VALUES (?, ?, ?, ?, ?, ?)",
        (project, name, version, commit.row, wanted.SerializeToString(), txn.now),
    )


def connect(txn: Txn, wanted: Any) -> None:
    """Give the output (and meta) branch its provenance, and with it a commit and a job."""
    above = [_input_branch(txn, wanted, leaf) for leaf in visit.leaves(wanted.input)]
    own = _repo(txn, wanted, SPEC)
    above.append(branches.get(txn.conn, own, "master").row)
    for output in _outputs(txn, wanted):
        if output.type == USER or specs.is_transform(wanted):
            branches.create(txn, output, wanted.output_branch, provenance=above)


def _input_branch(txn: Txn, wanted: Any, leaf: Any) -> int:
    if leaf.DESCRIPTOR.name == "CronInput":
        repo = repos.find(txn.conn, leaf.project, leaf.repo) or repos.create(
            txn, leaf.project, leaf.repo, USER, f"Cron tick repo for pipeline {wanted.pipeline.name}."
        )
        return branches.ensure(txn, repo, "master").row
    repo = repos.get(txn.conn, leaf.project, leaf.repo, leaf.repo_type)
    if leaf.HasField("trigger"):
        return branches.create(txn, repo, leaf.branch, trigger=leaf.trigger.SerializeToString()).row
    return branches.ensure(txn, repo, leaf.branch).row


def _repo(txn: Txn, wanted: Any, kind: str) -> Repo:
    return repos.get(txn.conn, wanted.pipeline.project.name, wanted.pipeline.name, kind)


def _outputs(txn: Txn, wanted: Any) -> Iterable[Repo]:
    for kind in (USER, META):
        if repo := repos.find(txn.conn, wanted.pipeline.project.name, wanted.pipeline.name, kind):
            yield repo


def _disconnect(txn: Txn, wanted: Any) -> None:
    for output in _outputs(txn, wanted):
        if branches.find(txn.conn, output.row, wanted.output_branch):
            branches.create(txn, output, wanted.output_branch, provenance=())


def stop(txn: Txn, pipeline: Pipeline) -> None:
    """No provenance: new data makes no commits and no jobs."""
    _disconnect(txn, pipelines.current_spec(txn.conn, pipeline))
    jobs.kill_all(txn, pipeline.project, pipeline.name, STOPPED)
    pipelines.set_state(txn, pipeline, PipelineState.PAUSED, stopped=True)


def start(txn: Txn, pipeline: Pipeline) -> None:
    if pipeline.stopped:
        pipelines.set_state(txn, pipeline, PipelineState.STARTING, stopped=False)
        connect(txn, pipelines.current_spec(txn.conn, pipeline))


def delete(txn: Txn, pipeline: Pipeline, *, force: bool, keep_repo: bool) -> None:
    """The pipeline, its jobs, logs and system repositories, and unless kept its output."""
    wanted = pipelines.current_spec(txn.conn, pipeline)
    key = (pipeline.project, pipeline.name)
    jobs.kill_all(txn, *key, "pipeline was deleted")
    _disconnect(txn, wanted)
    txn.conn.execute("DELETE FROM pipeline WHERE project = ? AND name = ?", key)
    txn.conn.execute("DELETE FROM log WHERE project = ? AND pipeline = ?", key)
    for kind in (META, SPEC) if keep_repo else (META, SPEC, USER):
        repos.delete(txn, *key, kind, force=force)
    for leaf in visit.leaves(wanted.input):
        if leaf.DESCRIPTOR.name == "CronInput" and not _has_subvenance(txn.conn, leaf):
            repos.delete(txn, leaf.project, leaf.repo, USER, force=force)


def _has_subvenance(conn: Conn, leaf: Any) -> bool:
    repo = repos.find(conn, leaf.project, leaf.repo)
    own = branches.of_repo(conn, repo.row) if repo else []
    return any(branches.subvenance(conn, branch.row) for branch in own)


def delete_all(txn: Txn) -> None:
    """Downstream before upstream."""

    def depth(pipeline: Pipeline) -> int:
        repo = repos.get(txn.conn, pipeline.project, pipeline.name)
        return max(
            (len(branches.provenance(txn.conn, b.row)) for b in branches.of_repo(txn.conn, repo.row)),
            default=0,
        )

    for pipeline in sorted(pipelines.all_of(txn.conn), key=depth, reverse=True):
        delete(txn, pipeline, force=True, keep_repo=False)
