"""What is desired, what is live, and which apply was the last: one row per release or pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from releasectl import manifest as reader
from releasectl import normalise
from releasectl.errors import BackendUnreachable, Problem
from releasectl.fields import diff
from releasectl.ledger import Record, latest
from releasectl.model import CommitId, Dag, Environment, Json, Missing, Rendered, Repository
from releasectl.plan.dag import in_order, name_of
from releasectl.plan.desired import desired_releases, environment_of, neighbours, pipeline_specs
from releasectl.plan.environment import Desired
from releasectl.plan.pipelines import TARGET as PIPELINES
from releasectl.plan.pipelines import spec_of
from releasectl.ports import Cluster, Deployment, VersionedData
from releasectl.trial import share

NO_CANDIDATE = Missing("no candidate is deployed")


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """One name in an environment. `current` says whether the live object is the rendered one; clients post
    their requests to `endpoint`. `share` is the strategy with the part of the requests that the candidate
    gets.
    """

    name: str
    strategy: str
    desired: CommitId | Missing
    live: CommitId | Missing
    current: bool
    state: str
    ready: bool
    description: str
    git_commit: str | Missing
    endpoint: str | Missing
    share: str = ""
    candidate: CommitId | None = None
    live_candidate: CommitId | Missing = NO_CANDIDATE


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """`last_apply` is a Missing when nothing was recorded, or when Pachyderm does not answer: then `problems`
    tell.
    """

    target: str
    namespace: str
    releases: tuple[ReleaseStatus, ...]
    last_apply: Record | Missing
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems and all(each.current and each.ready for each in self.releases)


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """One pipeline. `current` says whether its live spec is the rendered one."""

    name: str
    current: bool
    version: int | Missing
    state: str
    last_job: str | Missing
    job_state: str


@dataclass(frozen=True, slots=True)
class TrainingStatus:
    """Where a training branch should be, and where it is."""

    branch: str
    desired: CommitId
    live: CommitId | Missing


@dataclass(frozen=True, slots=True)
class PipelinesStatus:
    """All of Pachyderm's side: what should train, what runs, and the last apply."""

    target: str
    training: tuple[TrainingStatus, ...]
    pipelines: tuple[PipelineStatus, ...]
    last_apply: Record | Missing

    @property
    def ok(self) -> bool:
        trained = all(each.desired == each.live for each in self.training)
        return trained and all(each.current and each.job_state == "success" for each in self.pipelines)


Status = EnvironmentStatus | PipelinesStatus


def status(target: str, repository: Repository, rendered: Sequence[Rendered], cluster: Cluster) -> Status:
    """Reads only; raises BackendUnreachable when what `target` itself lives on does not answer."""
    if target == PIPELINES:
        return _pipelines(repository.dags, rendered, cluster.data)
    environment = environment_of(target, repository)
    live = cluster.serving.deployments(environment.namespace)
    desired = desired_releases(environment, repository, rendered)
    endpoints = {name: cluster.inference.endpoint(environment.namespace, name) for name in live}
    rows = [_release(each, live.get(each.release.name), endpoints) for each in desired]
    rows += _leftovers(environment, repository, live, endpoints)
    silent: tuple[Problem, ...] = ()
    try:
        last = latest(cluster.data, target)
    except BackendUnreachable as error:
        last, silent = Missing(error.problems[0].what), error.problems
    return EnvironmentStatus(target, environment.namespace, tuple(rows), last, silent)


def _release(desired: Desired, live: Deployment | None, endpoints: Mapping[str, str]) -> ReleaseStatus:
    release, absent = desired.release, Missing("it is not deployed")
    if live is None:
        return ReleaseStatus(
            release.name,
            release.strategy.type,
            release.model,
            absent,
            False,
            "absent",
            False,
            "",
            absent,
            absent,
            share(release.strategy),
            release.strategy.candidate,
        )
    old = normalise.deployment(live.manifest, known=desired.manifest)
    return ReleaseStatus(
        name=release.name,
        strategy=release.strategy.type,
        desired=release.model,
        live=reader.stable_commit(live.manifest),
        current=not diff(old, normalise.deployment(desired.manifest)),
        state=live.state or "not begun",
        ready=live.ready,
        description=live.description,
        git_commit=reader.git_commit(live.manifest),
        endpoint=endpoints[release.name],
        share=share(release.strategy),
        candidate=release.strategy.candidate,
        live_candidate=reader.candidate_commit(live.manifest),
    )


def _leftovers(
    environment: Environment,
    repository: Repository,
    live: Mapping[str, Deployment],
    endpoints: Mapping[str, str],
) -> Iterator[ReleaseStatus]:
    """What we deployed once and no file asks for any more."""
    wanted = {release.name for release in repository.releases_in(environment.name)}
    wanted |= neighbours(environment, repository)
    for name in sorted(live.keys() - wanted):
        each = live[name]
        if reader.is_ours(each.manifest.get("metadata")):
            yield ReleaseStatus(
                name=name,
                strategy="",
                desired=Missing("no release file asks for it"),
                live=reader.stable_commit(each.manifest),
                current=False,
                state=each.state or "not begun",
                ready=each.ready,
                description=each.description,
                git_commit=reader.git_commit(each.manifest),
                endpoint=endpoints[name],
                live_candidate=reader.candidate_commit(each.manifest),
            )


def _pipelines(dags: Mapping[str, Dag], rendered: Sequence[Rendered], data: VersionedData) -> PipelinesStatus:
    live = data.pipelines()
    rows = []
    for spec in _by_family(rendered):
        name = name_of(spec)
        state, jobs = live.get(name), data.jobs(name) if name in live else ()
        wanted = normalise.pipeline(spec)
        rows.append(
            PipelineStatus(
                name=name,
                current=state is not None and not diff(normalise.pipeline(spec_of(state)), wanted),
                version=state.version if state else Missing("it is not in Pachyderm"),
                state=state.state if state else "absent",
                last_job=jobs[0].id if jobs else Missing("it has run no job"),
                job_state=jobs[0].state if jobs else "",
            )
        )
    training = tuple(_training(dag, data) for dag in dags.values())
    return PipelinesStatus(PIPELINES, training, tuple(rows), latest(data, PIPELINES))


def _by_family(rendered: Sequence[Rendered]) -> Iterator[Json]:
    """The specs of one family after those of another, each as its data flow."""
    for folder in sorted({file.path.rpartition("/")[0] for file in rendered}):
        own = [file for file in rendered if file.path.rpartition("/")[0] == folder]
        yield from in_order(pipeline_specs(own))


def _training(dag: Dag, data: VersionedData) -> TrainingStatus:
    training = dag.training
    branch = f"{training.repo}@{training.branch}"
    heads = data.branches(training.repo)
    absent = Missing(f"there is no {branch}")
    live = heads if isinstance(heads, Missing) else heads.get(training.branch, absent)
    return TrainingStatus(branch, training.commit, live)
