"""Waits for deployments and detectors, without believing a status that speaks of an older object."""

from __future__ import annotations

from releasectl.apply.run import Run
from releasectl.errors import PlatformRefused, Problem
from releasectl.model import Missing
from releasectl.plan.detectors import is_failed, is_ready
from releasectl.plan.values import AwaitDeployment, AwaitDetectors


def await_deployment(action: AwaitDeployment, run: Run) -> None:
    """Until Available and Ready: the first says that the servers run, the second that requests reach them."""
    where = f"SeldonDeployment {action.namespace}/{action.name}"
    status = [""]
    fresh = not action.written
    for _ in run.poll(where, lambda: status[0]):
        live = run.cluster.serving.deployment(action.namespace, action.name)
        if isinstance(live, Missing):
            remedy = "find out who deleted it, then apply again"
            raise PlatformRefused.at(where, f"is gone while it is being waited for: {live.reason}", remedy)
        seen = (live.state, live.ready, live.description)
        # Seldon sets no observedGeneration: believe a status once it has moved, or had the time to.
        fresh = fresh or seen != action.before or run.settled
        status[0] = f"{live.state or 'not begun'} {live.description}".strip() if fresh else "taking it up"
        if fresh and live.state == "Available" and live.ready:
            return
        if fresh and live.state == "Failed":
            remedy = "repair what it names and apply again; to submit the same object once more, --retry"
            raise PlatformRefused.at(where, f"failed: {live.description or 'no reason given'}", remedy)


def await_detectors(action: AwaitDetectors, run: Run) -> None:
    """Until every one is ready; PlatformRefused with each that failed."""
    where = f"detectors of {action.namespace}/{action.deployment}"
    waiting: list[str] = []
    for _ in run.poll(where, lambda: ", ".join(waiting)):
        live = run.cluster.serving.detectors(action.namespace, action.deployment)
        waiting[:] = [
            f"{name} {live[name].status if name in live else 'not there yet'}"
            for name in action.names
            if name not in live or not is_ready(live[name])
        ]
        failed = [live[name] for name in action.names if name in live and is_failed(live[name])]
        if failed:
            remedy = "repair what it names, then apply again; to make the same detector anew, --retry"
            raise PlatformRefused(
                *(Problem(f"{each.kind} detector {each.name}", each.status, remedy) for each in failed)
            )
        if not waiting:
            return
