"""Plans the detectors of one deployment: none can be updated, so one that differs is deleted and created."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from releasectl import manifest as reader
from releasectl import normalise
from releasectl.errors import Problem
from releasectl.fields import ABSENT, diff
from releasectl.model import Json, Missing
from releasectl.plan.values import (
    AwaitDetectors,
    Change,
    CreateDetector,
    DeleteDetector,
    Highlight,
    Step,
    Verb,
)
from releasectl.ports import Cluster, Deployment, Detector

_READY = frozenset({"", "available", "ready", "running", "true"})
_FAILED = frozenset({"failed", "error", "false"})


@dataclass(frozen=True, slots=True)
class DetectorPlan:
    """What happens to the detectors of one deployment."""

    steps: tuple[Step, ...]
    warnings: tuple[Problem, ...]


def is_ready(detector: Detector) -> bool:
    """The API types the status as free text; none at all means that the server does not say."""
    return _word(detector) in _READY


def is_failed(detector: Detector) -> bool:
    """Whether the server has given it up."""
    return _word(detector) in _FAILED


def _word(detector: Detector) -> str:
    """`failed` of `Failed: no such bucket`."""
    return detector.status.partition(":")[0].strip().lower()


def commit_of(body: Json) -> str | Missing:
    """The model commit that a detector was trained with, as its storage URI pins it."""
    uri = str(((body.get("config") or {}).get("basic") or {}).get("storage_uri") or "")
    parsed = reader.parse_uri(uri)
    return parsed if isinstance(parsed, Missing) else parsed[0]


def differs(live: Detector, wanted: Detector) -> bool:
    """Whether the live one is not what is wanted, apart from what the server fills in."""
    return live.kind != wanted.kind or bool(
        diff(normalise.detector(live.body, known=wanted.body), normalise.detector(wanted.body))
    )


def plan_detectors(
    namespace: str,
    deployment: str,
    desired: Sequence[Detector],
    deployments: Mapping[str, Deployment],
    cluster: Cluster,
    *,
    retry: bool = False,
) -> DetectorPlan:
    """With `retry`, a detector that failed is made anew."""
    live = cluster.serving.detectors(namespace, deployment) if deployment in deployments else {}
    wanted = {detector.name: detector for detector in desired}
    orphans = {name: detector for name, detector in live.items() if name not in wanted}
    fine = {
        name
        for name in wanted
        if name in live and not differs(live[name], wanted[name]) and not (retry and is_failed(live[name]))
    }
    steps: list[Step] = []
    for name, detector in wanted.items():
        if name not in fine:
            steps += _bring(namespace, deployment, live.get(name), detector)
    unready = [name for name in wanted if name in fine and not is_ready(live[name])]
    changed = [step.action.detector.name for step in steps if isinstance(step.action, CreateDetector)]
    if changed or unready:
        changes = tuple(_waiting(f"{namespace}/{deployment}", live[name]) for name in unready)
        steps.append(Step(AwaitDetectors(namespace, deployment, (*changed, *unready)), changes))
    removal = _remove(namespace, deployment, orphans)
    return DetectorPlan((*steps, *removal.steps), removal.warnings)


def remove_detectors(namespace: str, deployment: str, cluster: Cluster) -> DetectorPlan:
    """Everything that goes when its deployment goes."""
    return _remove(namespace, deployment, cluster.serving.detectors(namespace, deployment))


def _bring(namespace: str, deployment: str, found: Detector | None, wanted: Detector) -> Iterator[Step]:
    resource = f"{wanted.kind} detector {namespace}/{wanted.name}"
    create = CreateDetector(namespace, deployment, wanted)
    if found is None:
        commit = Highlight("model commit", ABSENT, commit_of(wanted.body))
        yield Step(create, (Change(Verb.CREATE, resource, (commit,)),))
        return
    commit = Highlight("model commit", commit_of(found.body), commit_of(wanted.body))
    highlights = (commit,) if commit.old != commit.new else ()
    fields = diff(normalise.detector(found.body, known=wanted.body), normalise.detector(wanted.body))
    note = "deleted and created: the API has no update" if fields else f"it is {found.status}: made anew"
    change = Change(Verb.REPLACE, resource, highlights, fields, note)
    yield Step(DeleteDetector(namespace, deployment, found), (change,))
    yield Step(create)


def _remove(namespace: str, deployment: str, detectors: Mapping[str, Detector]) -> DetectorPlan:
    """Ours carry the deployment's name and their kind; those that a person added stay."""
    steps, warnings = [], []
    for name, detector in sorted(detectors.items()):
        resource = f"{detector.kind} detector {namespace}/{name}"
        if name == f"{deployment}-{detector.kind}":
            change = Change(Verb.DELETE, resource)
            steps.append(Step(DeleteDetector(namespace, deployment, detector), (change,)))
        else:
            what = f"belongs to {deployment}, is in no file and was not made by releasectl"
            warnings.append(Problem(resource, what, "delete it by hand if nobody needs it"))
    return DetectorPlan(tuple(steps), tuple(warnings))


def _waiting(owner: str, detector: Detector) -> Change:
    verb = Verb.FAILED if is_failed(detector) else Verb.WAIT
    return Change(verb, f"{detector.kind} detector {detector.name} of {owner}", note=detector.status)
