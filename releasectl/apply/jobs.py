"""Waits for the jobs of a DAG, and tells why one failed: in the words that its own code printed."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator, Mapping, Sequence

from releasectl.apply.run import Run
from releasectl.errors import PlatformRefused, Problem, ReleaseError
from releasectl.plan.dag import ENDED, ending
from releasectl.plan.failures import named_input, of_platform
from releasectl.plan.values import AwaitJobs
from releasectl.ports import JobState, VersionedData

LAST_LINES = 15
ONCE_MORE = "to run the same job once more, apply with --retry"
PLATFORM = (
    "neither code nor data is to blame: free space on the disk, or see what ails pachd in its own log "
    "(`releasectl sandbox logs pachd`), then repeat the command: it runs the job again"
)


def await_jobs(action: AwaitJobs, run: Run) -> None:
    """Until the newest job of every pipeline has succeeded; the first that fails ends it."""
    data = run.cluster.data
    told = [""]
    blamed = False
    for _ in run.poll("jobs", lambda: told[0]):
        newest = {name: _newest(name, action, data) for name in action.pipelines}
        failed = [job for job in newest.values() if job and job.state in ENDED - {"success"}]
        # A job that could not run may have been read after the one that is to blame for it: look once more.
        if any(job.state != "unrunnable" for job in failed) or (failed and blamed):
            raise PlatformRefused(*_causes(failed, action, data))
        blamed = bool(failed)
        waiting = {name: job for name, job in newest.items() if _waits(name, job, action)}
        if not waiting and not failed:
            return
        told[0] = _progress(len(newest), waiting)
        PlatformRefused.raise_if(_halted(newest, data))


def _newest(name: str, action: AwaitJobs, data: VersionedData) -> JobState | None:
    """The job that counts; None while a pipeline has yet to get it."""
    jobs = data.jobs(name)
    if not jobs or (name in action.newer_than and jobs[0].id == action.newer_than[name]):
        return None
    return jobs[0]


def _waits(name: str, job: JobState | None, action: AwaitJobs) -> bool:
    """A pipeline that has never had a job and expects none is not waited for."""
    return name in action.newer_than if job is None else job.state not in ENDED


def _progress(total: int, waiting: Mapping[str, JobState | None]) -> str:
    """`2 of 6 done, running: income_drift 0/1 datums`."""
    running = [
        f"{name} {job.datums_done}/{job.datums_total}" if job.datums_total else name
        for name, job in waiting.items()
        if job is not None and job.state not in ("created", "starting")
    ]
    return f"{total - len(waiting)} of {total} done, running: {', '.join(running) or 'none yet'}"


def _causes(failed: Sequence[JobState], action: AwaitJobs, data: VersionedData) -> Iterator[Problem]:
    """One problem per job that failed by itself; those that could not run for it are not named again."""
    live = data.pipelines()
    for job in [job for job in failed if job.state != "unrunnable"] or failed:
        lines, told = _last_lines(job, data)
        spec = live[job.pipeline].spec if job.pipeline in live else {}
        remedy = PLATFORM if of_platform(job, lines) else _remedy(named_input(spec, lines), action, live)
        yield Problem(f"job {job.pipeline}@{job.id}", f"{ending(job)}{told}", remedy)


def _remedy(repo: str | None, action: AwaitJobs, live: Container[str]) -> str:
    """What to do about the input that a job complained of; None if it named none."""
    if repo in action.trained:
        which = "" if len(action.trained) == 1 else f" --repo {repo}"
        push = f"repair the data and push it with `releasectl data push FILE{which} --train`"
        return f"{push}, or go back to the dataset commit before; {ONCE_MORE}"
    if repo is not None and repo not in live:
        push = f"repair the data and push it with `releasectl data push FILE --repo {repo}`"
        return f"{push}, then apply again; {ONCE_MORE}"
    return f"mend what its log names, the pipeline's code or what it reads, then apply again; {ONCE_MORE}"


def _last_lines(job: JobState, data: VersionedData) -> tuple[Sequence[str], str]:
    """The end of its log, and the same to be shown."""
    try:
        lines = deque(data.logs(job.pipeline, job.id), maxlen=LAST_LINES)
    except ReleaseError as error:
        return (), f"\n    (its log cannot be read: {error.problems[0].what})"
    return tuple(lines), "".join(f"\n    | {line}" for line in lines)


def _halted(newest: Mapping[str, JobState | None], data: VersionedData) -> Iterator[Problem]:
    """A pipeline that cannot start its job would be waited for in vain."""
    pending = [name for name, job in newest.items() if job is None or job.state not in ENDED]
    live = data.pipelines() if pending else {}
    for state in (live[name] for name in pending if name in live):
        if state.state == "failure":
            what = f"pipeline failed: {state.reason or 'no reason given'}"
            remedy = "repair what it names, then apply with --retry"
            yield Problem(f"pipeline {state.name}", what, remedy)
        elif state.state == "paused":
            remedy = f"start it with `pachctl start pipeline {state.name}`, then apply again"
            yield Problem(f"pipeline {state.name}", "is paused and runs no job", remedy)
