"""The links of one release: from its file over the lock and Pachyderm's bytes to an answer of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from releasectl import lock as locks
from releasectl import manifest as reader
from releasectl import normalise
from releasectl.ahead import Ahead
from releasectl.encode import inference_request
from releasectl.fields import diff
from releasectl.model import CommitId, Environment, Lock, Missing, Rendered
from releasectl.plan.detectors import differs, is_ready
from releasectl.plan.environment import Desired
from releasectl.plan.locks import commit_problems, content_problems, file_problems
from releasectl.ports import Cluster
from releasectl.verify.values import Link, Seen, contradicted, look, matched, unknown, unless

Check = tuple[str, Callable[[], Seen]]  # the name of a link, and what looks at it


@dataclass(frozen=True, slots=True)
class Subject:
    """A release with everything its links compare."""

    root: Path
    environment: Environment
    desired: Desired
    files: tuple[Rendered, ...]
    locks: Mapping[CommitId, Lock]
    cluster: Cluster

    @property
    def name(self) -> str:
        return self.desired.release.name


def release_links(subject: Subject) -> Iterator[Link]:
    """From the locks of model and candidate to a real answer; all are looked at together."""
    begun = [Ahead(partial(look, name, check)) for name, check in _checks(subject)]
    return (each.result() for each in begun)


def _checks(subject: Subject) -> Iterator[Check]:
    for role, commit in zip(("model", "candidate"), subject.desired.release.commits, strict=False):
        yield from _model(role, commit, subject)
    yield "rendered files", partial(_rendered, subject)
    yield "live object", partial(_live, subject)
    yield "readiness", partial(_ready, subject)
    yield "detectors", partial(_detectors, subject)
    yield "deployed branch", partial(_branch, subject)
    yield "prediction", partial(_prediction, subject)


def _model(role: str, commit: CommitId, subject: Subject) -> Iterator[Check]:
    lock = subject.locks.get(commit)
    if lock is None:
        yield f"{role}: lock", lambda: contradicted(f"there is no {locks.path_of(commit)}")
        return
    data = subject.cluster.data
    whole = f"{len(lock.files)} files have the size and sha256 of the lock"
    told = f"features, {', '.join(lock.evidence)} are what the commit's own files say"
    yield f"{role}: lock", lambda: _lock(lock)
    yield f"{role}: lineage", lambda: unless(commit_problems(lock, data), _origin(lock))
    yield f"{role}: files", lambda: unless(file_problems(lock, data), whole)
    yield f"{role}: evidence", lambda: unless(content_problems(lock, data), told)


def _lock(lock: Lock) -> Seen:
    recorded, actual = lock.source.data.get("digest") if lock.source else None, locks.digest(lock)
    if recorded == actual:
        return matched(f"{locks.path_of(lock.commit)} is {actual[:19]}…")
    return contradicted(f"the lock's content is {actual}, its digest says {recorded}")


def _origin(lock: Lock) -> str:
    sources = [f"{up.repo}@{up.commit}" for up in lock.lineage if up.pipeline is None]
    return f"{lock.repo}@{lock.commit} comes from {', '.join(sources) or 'no source'}"


def _rendered(subject: Subject) -> Seen:
    stale = []
    for file in subject.files:
        path = subject.root / file.path
        if not path.is_file() or path.read_text(encoding="utf-8", errors="replace") != file.text:
            stale.append(file.path)
    return (
        contradicted(f"not as rendered now: {', '.join(stale)}")
        if stale
        else matched(f"{', '.join(file.path for file in subject.files)} as rendered now")
    )


def _live(subject: Subject) -> Seen:
    where = f"{subject.environment.namespace}/{subject.name}"
    live = subject.cluster.serving.deployment(subject.environment.namespace, subject.name)
    if isinstance(live, Missing):
        return contradicted(f"SeldonDeployment {where} does not exist")
    if not reader.is_ours(live.manifest.get("metadata")):
        return contradicted(f"SeldonDeployment {where} was not made by releasectl")
    wanted = subject.desired.manifest
    changes = diff(normalise.deployment(live.manifest, known=wanted), normalise.deployment(wanted))
    if changes:
        return contradicted(f"{where} differs in {', '.join(change.path for change in changes)}")
    return matched(f"{where} is the rendered one, applied at git commit {_signature(live.manifest)}")


def _signature(live: Mapping[str, object]) -> str:
    signature = reader.git_commit(live)
    return signature.reason if isinstance(signature, Missing) else signature


def _ready(subject: Subject) -> Seen:
    live = subject.cluster.serving.deployment(subject.environment.namespace, subject.name)
    if isinstance(live, Missing):
        return contradicted(live.reason)
    said = f"{live.state or 'no state'} {live.description}".strip()
    return matched(said) if live.state == "Available" and live.ready else contradicted(said)


def _detectors(subject: Subject) -> Seen:
    live = subject.cluster.serving.detectors(subject.environment.namespace, subject.name)
    wanted = {detector.name: detector for detector in subject.desired.detectors}
    ours = {name for name, each in live.items() if name == f"{subject.name}-{each.kind}"}
    faults = [f"{name} is missing" for name in wanted if name not in live]
    faults += [f"{name} is in no file" for name in sorted(ours - wanted.keys())]
    faults += [f"{name} differs" for name in wanted if name in live and differs(live[name], wanted[name])]
    faults += [
        f"{name} is {live[name].status}" for name in wanted if name in live and not is_ready(live[name])
    ]
    return contradicted("; ".join(faults)) if faults else matched(", ".join(wanted) or "none, as asked")


def _branch(subject: Subject) -> Seen:
    commit, branch = subject.desired.release.model, subject.environment.branch
    lock = subject.locks.get(commit)
    if lock is None:
        return unknown("without a lock it is not known in which repository")
    heads = subject.cluster.data.branches(lock.repo)
    found = heads if isinstance(heads, Missing) else heads.get(branch, Missing("no such branch"))
    if found == commit:
        return matched(f"{lock.repo}@{branch} is at {commit}")
    there = f"is missing: {found.reason}" if isinstance(found, Missing) else f"is at {found}"
    return contradicted(f"{lock.repo}@{branch} {there}")


def _prediction(subject: Subject) -> Seen:
    """One real request, with a row made from the feature schema; the answer names the commit that made it."""
    release = subject.desired.release
    lock = subject.locks.get(release.model)
    if lock is None:
        return unknown("without a lock the features of the model are not known")
    row = [0.0 for _ in lock.features["features"]]  # the number 0, and the first of the categories
    predictor = next(iter(reader.predictors(subject.desired.manifest).values()))
    model = str((predictor.get("graph") or {}).get("name"))
    request = inference_request([row])
    answer = subject.cluster.inference.infer(subject.environment.namespace, subject.name, model, request)
    version = answer.get("model_version")
    if version in release.commits:
        role = "" if version == release.model else " (the candidate)"
        return matched(f"{version} answered{role}")
    return contradicted(f"{version or 'a model without a version'} answered, {release.model} should")
