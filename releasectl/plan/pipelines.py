"""Plans the target `pipelines`: repositories, training heads and specs, in a transaction for each family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from releasectl import normalise
from releasectl.errors import InvalidInput, Problem
from releasectl.fields import ABSENT, diff
from releasectl.manifest import is_ours
from releasectl.model import Dag, Json, Lock, Missing
from releasectl.plan.dag import ENDED, affected, ending, in_order, input_repos, name_of
from releasectl.plan.failures import of_platform
from releasectl.plan.families import Part, steps
from releasectl.plan.training import training_problems
from releasectl.plan.values import AwaitJobs, Change, Highlight, Plan, Step, Verb
from releasectl.ports import JobState, PipelineChange, PipelineState, VersionedData

TARGET = "pipelines"


@dataclass(frozen=True, slots=True)
class _Live:
    """What Pachyderm holds, read once."""

    repos: frozenset[str]
    pipelines: Mapping[str, PipelineState]
    newest: Mapping[str, JobState]


def plan_pipelines(
    dags: Mapping[str, Dag],
    specs: Sequence[Json],
    locks: Mapping[str, Lock],
    data: VersionedData,
    *,
    retry: bool = False,
) -> Plan:
    """`specs` are the rendered ones of all DAGs. With `retry`, what failed last time runs again; what failed
    for want of room does so anyhow.
    """
    InvalidInput.raise_if(
        problem for dag in dags.values() for problem in training_problems(dag.training, data)
    )
    ordered = in_order(specs)
    live = _read(ordered, data)
    sources = _sources(ordered, live)
    moves = [(dag, head) for dag in dags.values() if (head := _head(dag, data)) != dag.training.commit]
    specified = [found for spec in ordered if (found := _spec_change(spec, live.pipelines)) is not None]
    changed_specs = tuple(spec for spec, _ in specified)
    moved = {(dag.training.repo, dag.training.branch) for dag, _ in moves}
    begun = affected(ordered, changed={name_of(spec) for spec in changed_specs}, moved=moved)
    restarts = _restarts(ordered, live, begun, data, retry=retry)
    begun |= affected(ordered, changed={name_of(spec) for spec in restarts}, moved=set())
    doomed, warnings = _extras(ordered, live, locks)
    parts = (
        *(
            Part(repo, PipelineChange(create_repos=(repo,)), Change(Verb.CREATE, f"repo {repo}"))
            for repo in sources
        ),
        *(Part(name_of(spec), PipelineChange(pipelines=(spec,)), told) for spec, told in specified),
        *(
            Part(name_of(spec), PipelineChange(pipelines=(spec,)), _restart_change(spec, live))
            for spec in restarts
        ),
        *(_move(dag, head, ordered, begun) for dag, head in moves),
        *(
            Part(name, PipelineChange(delete_pipelines=(name,)), Change(Verb.DELETE, f"pipeline {name}"))
            for name in doomed
        ),
    )
    trained = tuple(sorted({dag.training.repo for dag in dags.values()}))
    branches = [f"{dag.training.repo}@{dag.training.branch}" for dag in dags.values()]
    return Plan(
        TARGET,
        (*steps(parts, ordered, branches), *_wait(ordered, live, begun, trained)),
        (*_empty_sources(sources, dags), *warnings, *_halted(ordered, live)),
    )


def _read(specs: Sequence[Json], data: VersionedData) -> _Live:
    pipelines = data.pipelines()
    names = [name_of(spec) for spec in specs if name_of(spec) in pipelines]
    newest = {name: jobs[0] for name in names if (jobs := data.jobs(name))}
    return _Live(frozenset(data.repos()), pipelines, newest)


def _sources(specs: Sequence[Json], live: _Live) -> tuple[str, ...]:
    """Repositories that a pipeline reads, none makes, and Pachyderm does not have."""
    read = {repo for spec in specs for repo in input_repos(spec)}
    return tuple(sorted(read - {name_of(spec) for spec in specs} - live.repos))


def _empty_sources(sources: Sequence[str], dags: Mapping[str, Dag]) -> Iterator[Problem]:
    trained = {dag.training.repo for dag in dags.values()}
    for repo in sources:
        if repo not in trained:
            yield Problem(
                repo,
                "does not exist and is created empty: pipelines that read it have nothing to work on yet",
                f"push its data with `releasectl data push FILE --repo {repo}`",
            )


def _head(dag: Dag, data: VersionedData) -> str | Missing:
    heads = data.branches(dag.training.repo)
    reason = f"{dag.training.repo} has no branch {dag.training.branch}"
    return heads if isinstance(heads, Missing) else heads.get(dag.training.branch, Missing(reason))


def _spec_change(spec: Json, live: Mapping[str, PipelineState]) -> tuple[Json, Change] | None:
    name, resource = name_of(spec), f"pipeline {name_of(spec)}"
    if name not in live:
        image = Highlight("image", ABSENT, (spec.get("transform") or {}).get("image"))
        return spec, Change(Verb.CREATE, resource, (image,))
    old, new = normalise.pipeline(spec_of(live[name])), normalise.pipeline(spec)
    fields = diff(old, new)
    if not fields:
        return None
    highlights = [Highlight("version", live[name].version, live[name].version + 1)]
    if old["transform"]["image"] != new["transform"]["image"]:
        highlights.append(Highlight("image", old["transform"]["image"], new["transform"]["image"]))
    note = "its code is the same, so unchanged datums are skipped"
    if diff(old["transform"], new["transform"]):
        # An update keeps the salt, and datums with the same salt are skipped whatever their code was.
        note = "its code changed, so every datum is processed again"
        spec = spec | {"reprocess": True}
    return spec, Change(Verb.UPDATE, resource, tuple(highlights), fields, note)


def spec_of(state: PipelineState) -> dict[str, Any]:
    """A live spec in the form of a desired one."""
    return {**state.spec, "pipeline": {"name": state.name}}


def _move(dag: Dag, head: str | Missing, specs: Sequence[Json], begun: frozenset[str]) -> Part:
    repo, branch, commit = dag.training.repo, dag.training.branch, dag.training.commit
    old = ABSENT if isinstance(head, Missing) else head
    count = len(begun & affected(specs, changed=set(), moved={(repo, branch)}))
    jobs = f"starts {count} jobs" if count != 1 else "starts one job"
    highlights = (Highlight(f"dataset {repo}", old, commit),)
    told = Change(Verb.MOVE, f"branch {repo}@{branch}", highlights, note=jobs)
    return Part(f"{repo}@{branch}", PipelineChange(move_heads=((repo, branch, commit),)), told)


def _restarts(
    specs: Sequence[Json], live: _Live, begun: frozenset[str], data: VersionedData, *, retry: bool
) -> tuple[Json, ...]:
    """Pipelines that failed by themselves; those that could not run for it follow without being asked."""
    again = _failed if retry else partial(_unlucky, data)
    return tuple(spec for spec in specs if name_of(spec) not in begun and again(name_of(spec), live))


def _failed(name: str, live: _Live) -> bool:
    state, job = live.pipelines.get(name), live.newest.get(name)
    broken = state is not None and state.state == "failure"
    return broken or (job is not None and job.state in ("failure", "killed"))


def _unlucky(data: VersionedData, name: str, live: _Live) -> bool:
    """Whether its newest job failed for what it ran on: nobody can mend that in a file."""
    job = live.newest.get(name)
    return job is not None and job.state == "failure" and of_platform(job, data.logs(name, job.id))


def _restart_change(spec: Json, live: _Live) -> Change:
    job = live.newest.get(name_of(spec))
    ended = f"job {job.id} ended as {job.state}" if job else "it has no job"
    return Change(Verb.RESTART, f"pipeline {name_of(spec)}", note=f"{ended}: it is asked for again")


def _extras(
    specs: Sequence[Json], live: _Live, locks: Mapping[str, Lock]
) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Live pipelines that no file asks for: ours go unless a lock needs their output, others are named."""
    desired = {name_of(spec) for spec in specs}
    family = desired | {repo for spec in specs for repo in input_repos(spec)}
    needed = {repo for lock in locks.values() for repo in (lock.repo, *(up.repo for up in lock.lineage))}
    extra = [spec_of(state) for name, state in live.pipelines.items() if name not in desired]
    doomed: list[str] = []
    warnings = []
    for spec in reversed(in_order(extra)):
        name, ours = name_of(spec), is_ours(spec.get("metadata"))
        staying = [*specs, *(other for other in extra if name_of(other) not in doomed)]
        readers = sorted(name_of(other) for other in staying if name in input_repos(other))
        if ours and (name in needed or readers):
            reason = f"{', '.join(readers)} reads it" if readers else "a lock names its output"
            remedy = "keep it, or delete it by hand once nobody needs its commits"
            warnings.append(Problem(f"pipeline {name}", f"no file asks for it, but {reason}", remedy))
        elif ours:
            doomed.append(name)
        elif family & set(input_repos(spec)):
            remedy = "delete it by hand if nobody needs it; releasectl deletes only what it made"
            warnings.append(Problem(f"pipeline {name}", "reads this DAG and is in no file", remedy))
    return tuple(doomed), tuple(warnings)


def _halted(specs: Sequence[Json], live: _Live) -> Iterator[Problem]:
    for state in (live.pipelines[name_of(spec)] for spec in specs if name_of(spec) in live.pipelines):
        if state.state in ("paused", "crashing", "failure"):
            what = f"is {state.state}: {state.reason or 'no reason given'}"
            remedy = f"`pachctl inspect pipeline {state.name}` says more; a paused one goes on with `start`"
            yield Problem(f"pipeline {state.name}", what, remedy)


def _wait(
    specs: Sequence[Json], live: _Live, begun: frozenset[str], trained: tuple[str, ...]
) -> tuple[Step, ...]:
    """The jobs of the change, or those that an earlier apply left running or failed."""
    names = tuple(name_of(spec) for spec in specs)
    newer_than = {
        name: live.newest[name].id if name in live.newest else None for name in names if name in begun
    }
    open_jobs = [
        job
        for name in names
        if name not in begun and (job := live.newest.get(name)) is not None and job.state != "success"
    ]
    blamed = any(job.state in ("failure", "killed") for job in open_jobs)
    unfinished = tuple(
        Change(Verb.FAILED, f"job {job.pipeline}@{job.id}", note=ending(job))
        if job.state in ENDED
        else Change(Verb.WAIT, f"job {job.pipeline}@{job.id}", note=job.state)
        for job in open_jobs
        if not (blamed and job.state == "unrunnable")
    )
    if not newer_than and not open_jobs:
        return ()
    return (Step(AwaitJobs(names, newer_than, trained), unfinished),)
