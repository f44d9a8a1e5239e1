"""A release before and after as a reviewer compares them: commits, datasets, traffic, metrics, groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from releasectl.model import CommitId, Json, Lock, Missing, Release
from releasectl.plan.highlights import Model, from_lock
from releasectl.review.values import Group, Measured, ReleaseReview, Row
from releasectl.trial import share

Locks = Callable[[str], Lock | Missing]  # by model commit


def compared(target: str, old: Release | None, new: Release | None, locks: Locks) -> ReleaseReview:
    """What is measured is the model that is new here, against the one that serves, or served before."""
    before, after = (_lock(release, locks) for release in (old, new))
    trial = new is not None and new.strategy.candidate is not None
    if new is not None and new.strategy.candidate is not None:
        before, after = locks(new.model), locks(new.strategy.candidate)
    release = new or old
    assert release is not None
    return ReleaseReview(
        target=target,
        verb="add" if old is None else "remove" if new is None else "change",
        owner=release.owner,
        rows=tuple(_rows(_facts(old, locks), _facts(new, locks), whole=trial)),
        sides=("model", "candidate") if trial else ("before", "after"),
        metrics=tuple(_metrics(before, after)),
        groups=tuple(_groups(_evidence(before, "groups"), _evidence(after, "groups"))),
        calibration=(_calibration(before), _calibration(after)),
    )


def _lock(release: Release | None, locks: Locks) -> Lock | Missing:
    return Missing("there is no release") if release is None else locks(release.model)


def _rows(left: Mapping[str, str], right: Mapping[str, str], whole: bool) -> Iterator[Row]:
    """What differs; `whole`: with the commits of the models and their data, which are compared."""
    for what in {**left, **right}:
        pair = left.get(what, ""), right.get(what, "")
        if pair[0] != pair[1] or (whole and what.startswith(("model", "dataset"))):
            yield Row(what, *pair)


def _facts(release: Release | None, locks: Locks) -> dict[str, str]:
    if release is None:
        return {}
    candidate = release.strategy.candidate
    return {
        "model": release.model,
        **_datasets(release.model, "", locks),
        "candidate": candidate or "",
        **(_datasets(candidate, " of the candidate", locks) if candidate else {}),
        "strategy": share(release.strategy),
        "explainer": release.explainer,
        "detectors": ", ".join(release.detectors),
        "replicas": str(release.replicas),
        "owner": release.owner,
    }


def _datasets(commit: CommitId, whose: str, locks: Locks) -> dict[str, str]:
    return {f"dataset {repo}{whose}": found for repo, found in sorted(_model(locks(commit)).datasets.items())}


def _model(lock: Lock | Missing) -> Model:
    return Model({}, {}) if isinstance(lock, Missing) else from_lock(lock)


def _metrics(before: Lock | Missing, after: Lock | Missing) -> Iterator[Measured]:
    old, new = _model(before).metrics, _model(after).metrics
    for name in [*new, *(name for name in old if name not in new)]:
        yield Measured(name, _float(old.get(name)), _float(new.get(name)))


def _groups(old: Json, new: Json) -> Iterator[Group]:
    traits = _at(new, "traits") or _at(old, "traits")
    for trait in sorted(traits):
        rows = _at(new, "traits", trait, "groups") or _at(old, "traits", trait, "groups")
        for name in sorted(rows):
            measured = [
                Measured(
                    what,
                    *(_float(_at(each, "traits", trait, "groups", name).get(what)) for each in (old, new)),
                )
                for what in ("selection_rate", "true_positive_rate")
            ]
            count = rows[name].get("rows") if isinstance(rows[name], Mapping) else None
            yield Group(trait, str(name), count if isinstance(count, int) else 0, *measured)


def _calibration(lock: Lock | Missing) -> tuple[float, ...]:
    bins = _at(_evidence(lock, "metrics"), "calibration").get("bins")
    found = (each.get("observed") for each in bins or () if isinstance(each, Mapping))
    return tuple(value for value in map(_float, found) if value is not None)


def _evidence(lock: Lock | Missing, name: str) -> Json:
    return {} if isinstance(lock, Missing) else lock.evidence.get(name)


def _at(data: Any, *keys: str) -> Mapping[str, Any]:
    """A mapping below mappings; empty where the evidence has another shape."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def _float(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
