"""What a reviewer of a release wants to know first: models, datasets, metrics, traffic, explainers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from releasectl import manifest as reader
from releasectl.fields import ABSENT
from releasectl.model import CommitId, Json, Lock, Missing
from releasectl.plan.values import Highlight
from releasectl.ports import VersionedData


@dataclass(frozen=True, slots=True)
class Model:
    """What is known of the model behind a predictor."""

    datasets: Mapping[str, CommitId]
    metrics: Mapping[str, Json]


def highlights(
    old: Json | None, new: Json, locks: Mapping[CommitId, Lock], data: VersionedData
) -> Iterator[Highlight]:
    """From the live manifest (None when there is none) to the desired one."""
    before = reader.predictors(old) if old else {}
    after = reader.predictors(new)
    for name in [*after, *(name for name in before if name not in after)]:
        prefix = "" if name == "default" else f"{name}: "
        for found in _predictor(before.get(name), after.get(name), locks, data):
            yield Highlight(prefix + found.what, found.old, found.new)


def _predictor(
    old: Json | None, new: Json | None, locks: Mapping[CommitId, Lock], data: VersionedData
) -> Iterator[Highlight]:
    before, after = _facts(old), _facts(new)
    if before["model commit"] != after["model commit"]:
        yield Highlight("model commit", before["model commit"], after["model commit"])
        yield from compare(_model(old, locks, data), _model(new, locks, data))
    for what in ("traffic", "mirrored", "replicas", "explainer"):
        if before[what] != after[what] and not (old is None and isinstance(after[what], Missing)):
            yield Highlight(what, before[what], after[what])


def _facts(predictor: Json | None) -> dict[str, Json | Missing]:
    if predictor is None:
        return dict.fromkeys(("model commit", "traffic", "mirrored", "replicas", "explainer"), ABSENT)
    share = predictor.get("traffic", ABSENT)
    shadow = bool(predictor.get("shadow"))
    return {
        "model commit": reader.commit_of(predictor),
        "traffic": ABSENT if shadow else share,
        "mirrored": (share or 100) if shadow else ABSENT,
        "replicas": predictor.get("replicas", ABSENT),
        "explainer": (predictor.get("explainer") or {}).get("type") or ABSENT,
    }


def compare(old: Model | Missing, new: Model | Missing) -> Iterator[Highlight]:
    """Datasets that differ; metrics all, for an equal one is news too."""
    none = Model({}, {})
    before, after = none if isinstance(old, Missing) else old, none if isinstance(new, Missing) else new
    for repo in sorted({*before.datasets, *after.datasets}):
        pair = before.datasets.get(repo, ABSENT), after.datasets.get(repo, ABSENT)
        if pair[0] != pair[1]:
            yield Highlight(f"dataset {repo}", *pair)
    for name in [*after.metrics, *(name for name in before.metrics if name not in after.metrics)]:
        yield Highlight(name, before.metrics.get(name, ABSENT), after.metrics.get(name, ABSENT))


def _model(predictor: Json | None, locks: Mapping[CommitId, Lock], data: VersionedData) -> Model | Missing:
    """From its lock; an old model whose lock is gone from the files is looked up in Pachyderm."""
    if predictor is None:
        return ABSENT
    commit = reader.commit_of(predictor)
    if isinstance(commit, Missing):
        return commit
    if commit in locks:
        return from_lock(locks[commit])
    parsed = reader.parse_uri(reader.model_uri(predictor))
    return parsed if isinstance(parsed, Missing) else _from_pachyderm(*parsed, data)


def from_lock(lock: Lock) -> Model:
    """Datasets and metrics of a model, as its lock has them."""
    datasets = {upstream.repo: upstream.commit for upstream in lock.lineage if upstream.pipeline is None}
    return Model(datasets, _numbers(lock.evidence.get("metrics")))


def _from_pachyderm(commit: CommitId, repo: str, path: str, data: VersionedData) -> Model | Missing:
    state = data.commit(repo, commit)
    if isinstance(state, Missing) or state.commit != commit:
        return Missing(f"Pachyderm no longer has {repo}@{commit}")
    lineage = data.lineage(repo, commit)
    text = data.read(repo, commit, f"{path}/evidence/metrics.json")
    datasets = {upstream.repo: upstream.commit for upstream in lineage if upstream.pipeline is None}
    return Model(datasets, {} if isinstance(text, Missing) else _numbers(_parsed(text)))


def _parsed(text: bytes) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return {}  # evidence of a model that is on its way out: nothing to show, nothing to stop for


def _numbers(metrics: Any) -> dict[str, Json]:
    if not isinstance(metrics, Mapping):
        return {}
    return {
        str(name): value
        for name, value in metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
