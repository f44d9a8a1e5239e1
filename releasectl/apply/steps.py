"""Takes one step of a plan: a table from the kind of action to the call that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from releasectl.apply.jobs import await_jobs
from releasectl.apply.run import Run
from releasectl.apply.serving import await_deployment, await_detectors
from releasectl.model import Json
from releasectl.normalise import GIT_COMMIT
from releasectl.plan.values import (
    Action,
    Await,
    AwaitDeployment,
    AwaitDetectors,
    AwaitJobs,
    ChangePipelines,
    CreateDeployment,
    CreateDetector,
    DeleteBranch,
    DeleteDeployment,
    DeleteDetector,
    MoveHead,
    UpdateDeployment,
)


def perform(action: Action, run: Run) -> None:
    """Do it, or wait for it; returns when it is done and raises when it failed."""
    _TABLE[type(action)](action, run)
    if not isinstance(action, Await):
        run.written = run.clock.monotonic()


def signed(document: Json, signature: str) -> Json:
    """With the git commit in its annotations, where it restarts nothing and is never compared."""
    metadata = document.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), GIT_COMMIT: signature}
    return {**document, "metadata": {**metadata, "annotations": annotations}}


def _change_pipelines(action: ChangePipelines, run: Run) -> None:
    specs = tuple(signed(spec, run.signature) for spec in action.change.pipelines)
    run.cluster.data.change(replace(action.change, pipelines=specs))


def _create(action: CreateDeployment, run: Run) -> None:
    run.cluster.serving.create(action.namespace, signed(action.manifest, run.signature))


def _update(action: UpdateDeployment, run: Run) -> None:
    run.cluster.serving.update(action.namespace, signed(action.manifest, run.signature))


def _delete(action: DeleteDeployment, run: Run) -> None:
    run.cluster.serving.delete(action.namespace, action.name)


def _create_detector(action: CreateDetector, run: Run) -> None:
    run.cluster.serving.create_detector(action.namespace, action.deployment, action.detector)


def _delete_detector(action: DeleteDetector, run: Run) -> None:
    run.cluster.serving.delete_detector(action.namespace, action.deployment, action.detector)


def _move_head(action: MoveHead, run: Run) -> None:
    run.cluster.data.move_head(action.repo, action.branch, action.commit)


def _delete_branch(action: DeleteBranch, run: Run) -> None:
    run.cluster.data.delete_branch(action.repo, action.branch)


_TABLE: Mapping[type, Callable[[Any, Run], None]] = {
    ChangePipelines: _change_pipelines,
    AwaitJobs: await_jobs,
    CreateDeployment: _create,
    UpdateDeployment: _update,
    DeleteDeployment: _delete,
    AwaitDeployment: await_deployment,
    CreateDetector: _create_detector,
    DeleteDetector: _delete_detector,
    AwaitDetectors: await_detectors,
    MoveHead: _move_head,
    DeleteBranch: _delete_branch,
}
