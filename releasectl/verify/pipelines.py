"""The links of the target `pipelines`: training head, specs, and how the last jobs ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from releasectl import normalise
from releasectl.fields import diff
from releasectl.model import Dag, Json, Missing
from releasectl.plan.dag import ENDED, ending, in_order, name_of
from releasectl.plan.pipelines import spec_of
from releasectl.plan.training import training_problems
from releasectl.ports import PipelineState, VersionedData
from releasectl.verify.values import Chain, Link, Seen, contradicted, look, matched, unknown, unless

Live = Callable[[], Mapping[str, PipelineState]]


def verify_pipelines(dags: Mapping[str, Dag], specs: Sequence[Json], data: VersionedData) -> Iterator[Chain]:
    """A chain for each DAG's training data, then one for each pipeline, upstream first."""
    live: Live = cache(data.pipelines)  # an answer is kept, a failure is asked for again
    for dag in dags.values():
        yield Chain(f"dag {dag.name}", tuple(_training(dag, data)))
    for spec in in_order(specs):
        yield Chain(f"pipeline {name_of(spec)}", tuple(_pipeline(spec, live, data)))


def _training(dag: Dag, data: VersionedData) -> Iterator[Link]:
    training = dag.training
    branch = f"{training.repo}@{training.branch}"
    sound = f"{training.repo} has {training.commit}, finished and sound"
    yield look("training commit", lambda: unless(training_problems(training, data), sound))

    def head() -> Seen:
        heads = data.branches(training.repo)
        found = heads if isinstance(heads, Missing) else heads.get(training.branch, Missing("no such branch"))
        if found == training.commit:
            return matched(f"{branch} is at {training.commit}")
        there = f"is missing: {found.reason}" if isinstance(found, Missing) else f"is at {found}"
        return contradicted(f"{branch} {there}, training.yaml says {training.commit}")

    yield look("training head", head)


def _pipeline(spec: Json, live: Live, data: VersionedData) -> Iterator[Link]:
    name = name_of(spec)

    def same() -> Seen:
        state = live().get(name)
        if state is None:
            return contradicted("it is not in Pachyderm")
        changes = diff(normalise.pipeline(spec_of(state)), normalise.pipeline(spec))
        if changes:
            return contradicted(f"differs in {', '.join(change.path for change in changes)}")
        return matched(f"version {state.version} is the rendered one")

    def last_job() -> Seen:
        jobs = data.jobs(name)
        if not jobs:
            return unknown("it has run no job yet")
        if jobs[0].state == "success":
            return matched(f"{jobs[0].id} succeeded")
        if jobs[0].state in ENDED:
            return contradicted(f"{jobs[0].id} {ending(jobs[0])}")
        return unknown(f"{jobs[0].id} is {jobs[0].state}")

    yield look("spec", same)
    yield look("last job", last_job)
