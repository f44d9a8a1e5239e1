"""Makes a target what the files say: plans anew, takes step after step, stops at the first failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from releasectl.apply.hold import hold
from releasectl.apply.run import Run
from releasectl.apply.steps import perform
from releasectl.clock import Clock, Patience
from releasectl.errors import ReleaseError
from releasectl.model import Missing, Rendered, Repository
from releasectl.outcome import Outcome, Recorder, Result, Unfinished
from releasectl.plan import Plan, plan
from releasectl.plan.values import Step, Verb
from releasectl.ports import Cluster, Progress

SYMBOLS = {
    Verb.CREATE: "+",
    Verb.UPDATE: "~",
    Verb.REPLACE: "~",
    Verb.MOVE: "~",
    Verb.RESTART: "~",
    Verb.DELETE: "-",
    Verb.WAIT: "…",
    Verb.FAILED: "!",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """How an apply works: when it gives up, what it signs with, whether it tries again what failed."""

    signature: str
    clock: Clock
    patience: Patience
    retry: bool = False


def apply(
    target: str,
    repository: Repository,
    rendered: Sequence[Rendered],
    cluster: Cluster,
    *,
    terms: Terms,
    recorder: Recorder,
    progress: Progress,
) -> Outcome:
    """Idempotent, and safe to kill: whatever happened before, it takes only the steps that are left.

    Raises InvalidInput before anything is written, PlatformRefused or BackendUnreachable where it stopped.
    The caller holds the target's lock, see `hold`.
    """
    started = terms.clock.now()
    unfinished = recorder.unfinished(target)
    if unfinished:
        _let_settle(target, unfinished, terms, progress)
    todo = plan(target, repository, rendered, cluster, retry=terms.retry)
    run = Run(cluster, terms.clock, terms.patience, progress, terms.signature)
    if todo.writes:
        recorder.begin(todo, started)
    done = 0
    try:
        for step in todo.steps:
            _tell(step, progress)
            perform(step.action, run)
            done += 1
    except BaseException as error:
        _record_failure(_outcome(todo, done, started, terms, error), recorder, progress)
        raise
    outcome = _outcome(todo, done, started, terms)
    if todo.writes:
        recorder.end(outcome)
    elif unfinished:
        recorder.settle(outcome)
    return outcome


def _let_settle(target: str, before: Unfinished, terms: Terms, progress: Progress) -> None:
    """What that apply wrote may not show yet: a deployment may still be called Available for its old self."""
    settle = terms.patience.settle
    if isinstance(before.finished, Missing):
        progress(f"an earlier apply of {target} was cut off: looking again in a moment")
    else:
        settle -= max(0.0, (terms.clock.now() - before.finished).total_seconds())
    if settle > 0:
        terms.clock.sleep(settle)


def _outcome(
    todo: Plan, done: int, started: datetime, terms: Terms, error: BaseException | None = None
) -> Outcome:
    if isinstance(error, ReleaseError):
        return Outcome(todo.target, "failed", todo, done, started, terms.clock.now(), error.problems)
    result: Result = "interrupted" if error else "applied" if todo.writes else "unchanged"
    return Outcome(todo.target, result, todo, done, started, terms.clock.now())


def _record_failure(outcome: Outcome, recorder: Recorder, progress: Progress) -> None:
    """The cause of the failure comes first: that it could not be recorded is said, and does not hide it."""
    try:
        recorder.end(outcome)
    except ReleaseError as second:
        progress(f"  this failure is not recorded: {second.problems[0].what}")


def _tell(step: Step, progress: Progress) -> None:
    for change in step.changes:
        progress(f"{SYMBOLS[change.verb]} {change.verb} {change.resource}")


__all__ = ["Outcome", "Recorder", "Terms", "apply", "hold"]
