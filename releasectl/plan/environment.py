"""Plans an environment: its SeldonDeployments and detectors, and the branches that say what is deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from releasectl import manifest as reader
from releasectl import normalise
from releasectl.errors import InvalidInput, Problem
from releasectl.fields import diff
from releasectl.model import CommitId, Environment, Json, Lock, Missing, Release
from releasectl.plan.branches import plan_branches
from releasectl.plan.detectors import plan_detectors, remove_detectors
from releasectl.plan.highlights import highlights
from releasectl.plan.locks import lock_problems, missing_locks
from releasectl.plan.values import (
    AwaitDeployment,
    Change,
    CreateDeployment,
    DeleteDeployment,
    Plan,
    Step,
    UpdateDeployment,
    Verb,
)
from releasectl.ports import Cluster, Deployment, Detector


@dataclass(frozen=True, slots=True)
class Desired:
    """What the files ask for under one name: the release and what was rendered from it."""

    release: Release
    manifest: Json
    detectors: tuple[Detector, ...]


def plan_environment(
    environment: Environment,
    desired: Sequence[Desired],
    neighbours: frozenset[str],
    locks: Mapping[CommitId, Lock],
    cluster: Cluster,
    *,
    retry: bool = False,
) -> Plan:
    """`neighbours` are names that other environments keep in the same namespace: not ours to delete.

    A release is brought up whole before the next one is touched, and no release is deleted before all are up.
    """
    live = cluster.serving.deployments(environment.namespace)
    ordered = sorted(desired, key=lambda each: each.release.name)
    InvalidInput.raise_if(_problems(environment, ordered, live, locks, cluster))
    branches = plan_branches(environment, [each.release for each in ordered], locks, live, cluster.data)
    steps: list[Step] = []
    warnings = list(branches.warnings)
    for each in ordered:
        deployment = _deployment(each, live.get(each.release.name), locks, cluster, retry=retry)
        name, wanted = each.release.name, each.detectors
        detectors = plan_detectors(environment.namespace, name, wanted, live, cluster, retry=retry)
        steps += _in_lockstep(tuple(deployment), detectors.steps)
        steps += branches.moves.get(each.release.name, ())
        warnings += detectors.warnings
    steps += branches.deletions
    kept = {each.release.name for each in ordered} | neighbours
    for name in sorted(live.keys() - kept):
        if reader.is_ours(live[name].manifest.get("metadata")):
            removal = remove_detectors(environment.namespace, name, cluster)
            steps += [*removal.steps, _removal(environment.namespace, name, live[name])]
            warnings += [*removal.warnings, _removed(environment, name)]
    models = {each.release.name: each.release.model for each in ordered}
    strategies = {each.release.name: each.release.strategy for each in ordered}
    return Plan(environment.name, tuple(steps), tuple(warnings), models, strategies)


def _in_lockstep(deployment: Sequence[Step], detectors: Sequence[Step]) -> Iterator[Step]:
    """A model and its detectors are asked for together, so that they go live together, and then waited for.

    The model is asked for first: if it is refused, the old one keeps its detectors. Detectors are waited for
    first: a deployment may have to wait for them, they never wait for it.
    """
    yield from (step for step in (*deployment, *detectors) if step.writes)
    yield from (step for step in (*detectors, *deployment) if not step.writes)


def _problems(
    environment: Environment,
    desired: Sequence[Desired],
    live: Mapping[str, Deployment],
    locks: Mapping[CommitId, Lock],
    cluster: Cluster,
) -> Iterator[Problem]:
    for each in desired:
        name = each.release.name
        yield from missing_locks(each.release, locks)
        if name in live and not reader.is_ours(live[name].manifest.get("metadata")):
            what = f"SeldonDeployment {environment.namespace}/{name} exists and was not made by releasectl"
            remedy = "choose another name, or delete the other one by hand first"
            yield Problem(str(each.release.source.place("/name")), what, remedy)
    for commit in sorted({commit for each in desired for commit in each.release.commits} & locks.keys()):
        yield from lock_problems(locks[commit], cluster.data)
        if locks[commit].branch == environment.branch:
            what = (
                f"{locks[commit].repo}@{environment.branch} is made by a pipeline: moving it would cut it off"
            )
            remedy = "choose a branch of its own, such as the environment's name"
            yield Problem(str(environment.source.place("/branch")), what, remedy)


def _deployment(
    desired: Desired,
    live: Deployment | None,
    locks: Mapping[CommitId, Lock],
    cluster: Cluster,
    *,
    retry: bool,
) -> Iterator[Step]:
    """Create or update it and wait; or only wait, where an earlier apply did not live to see it ready."""
    namespace, name = desired.manifest["metadata"]["namespace"], desired.release.name
    resource = f"SeldonDeployment {namespace}/{name}"
    if live is None:
        summary = tuple(highlights(None, desired.manifest, locks, cluster.data))
        change = Change(Verb.CREATE, resource, summary)
        yield Step(CreateDeployment(namespace, desired.manifest), (change,))
        yield Step(AwaitDeployment(namespace, name, written=True))
        return
    before = (live.state, live.ready, live.description)
    old = normalise.deployment(live.manifest, known=desired.manifest)
    fields = diff(old, normalise.deployment(desired.manifest))
    if fields:
        summary = tuple(highlights(live.manifest, desired.manifest, locks, cluster.data))
        change = Change(Verb.UPDATE, resource, summary, fields)
    elif retry and live.state == "Failed":
        change = Change(Verb.RESTART, resource, note=f"it failed: {live.description}; it is submitted again")
    else:
        if not (live.state == "Available" and live.ready):
            verb = Verb.FAILED if live.state == "Failed" else Verb.WAIT
            change = Change(verb, resource, note=f"{live.state or 'not begun'} {live.description}".strip())
            yield Step(AwaitDeployment(namespace, name, written=False), (change,))
        return
    yield Step(UpdateDeployment(namespace, _keeping_foreign(live.manifest, desired.manifest)), (change,))
    yield Step(AwaitDeployment(namespace, name, written=True, before=before))


def _keeping_foreign(live: Json, desired: Json) -> Json:
    """The desired object, with the labels and annotations that others put on the live one."""
    metadata = dict(desired["metadata"])
    for part in normalise.OURS:
        if both := normalise.foreign(live.get("metadata") or {}, part) | (metadata.get(part) or {}):
            metadata[part] = both
    return {**desired, "metadata": metadata}


def _removal(namespace: str, name: str, live: Deployment) -> Step:
    resource = f"SeldonDeployment {namespace}/{name}"
    commit = reader.stable_commit(live.manifest)
    note = "" if isinstance(commit, Missing) else f"it served {commit}"
    return Step(DeleteDeployment(namespace, name), (Change(Verb.DELETE, resource, note=note),))


def _removed(environment: Environment, name: str) -> Problem:
    where = f"SeldonDeployment {environment.namespace}/{name}"
    remedy = f"if that is not what you want, restore releases/{environment.name}/{name}.yaml"
    return Problem(where, "no release file asks for it any more: it is deleted and stops serving", remedy)
