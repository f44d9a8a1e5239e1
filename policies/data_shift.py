"""DATA-003: The training data are like those of the champion.

A share of good outcomes that leaps, a feature that is distributed quite differently, or many missing
values: each may be true, and each is more often a mistake of the supplier or of a query. Compared are the
label rate with that of the champion's training data (of the holdout, for a first model), the distribution
of each feature by the population stability index, and the share of missing values.

The index is sum((q - p) * ln(q / p)) over the bins of both histograms, empty ones counted as half a row;
the bins are fixed per column by the trainers, and histograms with other ones cannot be compared. Between
`psi_warn` and `psi` the finding is mild. Both bounds are conventions of credit scoring (Siddiqi, Credit
Risk Scorecards, 2006), not tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log

from releasectl.model import Json, Missing
from releasectl.policy import (
    PRESENT,
    First,
    Looser,
    Model,
    Need,
    Parameter,
    Remedy,
    Rule,
    Seen,
    Severity,
    Strictness,
    at_most,
)
from releasectl.policy.authorities import COMPANY, MODEL_RISK

RULE = Rule(
    id="DATA-003",
    title="The training data are like those of the champion",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE, Need.HISTORY),
    remedy=Remedy(
        "find out why the data changed before a model learns it; `releasectl data list` shows the commits",
        before="training: {label_rate: 0.83}",
        after="training: {label_rate: 0.24}",
    ),
    authority=(MODEL_RISK, COMPANY),
    owner="data-stewards",
    parameters=(
        Parameter(
            "label_shift", 0.05, "by which the share of the positive class may differ", Looser.UP, 0, 0.2
        ),
        Parameter("psi", 0.25, "population stability index of a feature", Looser.UP, 0, 0.5),
        Parameter("psi_warn", 0.1, "the index from which it is worth a look", Looser.UP, 0, 0.5),
        Parameter("missing", 0.1, "share of missing values of a feature", Looser.UP, 0, 0.5),
    ),
)


def judge_model(
    model: Model, *, label_shift: float, psi: float, psi_warn: float, missing: float
) -> Iterator[Seen]:
    yield _label(model, label_shift)
    features = model.find("profile", "features")
    if isinstance(features, Missing):
        yield model.says("features of the training data", features, PRESENT)
        return
    for name in features:
        at = ("profile", "features", name, "missing_share")
        yield model.seen(f"share of missing values of {name}", at, at_most(missing))
    if not isinstance(model.champion, First):
        yield from _shifts(model, features, psi, psi_warn)


def _label(model: Model, most: float) -> Seen:
    champion, at = model.champion, ("profile", "training", "label_rate")
    mine = model.find(*at)
    if isinstance(champion, Model):
        who, theirs = "the champion's training data", champion.find(*at)
    else:  # a first model, or one whose champion nobody knows: the holdout never changes
        who, theirs = "the holdout", model.find("profile", "holdout", "label_rate")
    what = f"shift of the share of the positive class from that of {who}"
    if isinstance(mine, Missing) or isinstance(theirs, Missing):
        return model.says(what, mine if isinstance(mine, Missing) else theirs, PRESENT, at=at)
    return model.says(what, round(abs(mine - theirs), 6), at_most(most), at=at)


def _shifts(model: Model, features: Json, most: float, worth_a_look: float) -> Iterator[Seen]:
    champion = model.champion
    before = champion.find("profile", "features") if isinstance(champion, Model) else champion
    if not isinstance(before, Mapping):
        yield model.says("features of the champion's training data", before, PRESENT)
        return
    for name in features:
        if name in before and features[name]["type"] == before[name]["type"]:
            what, at = f"population stability index of {name}", ("profile", "features", name)
            found = _shift(before[name], features[name])
            if isinstance(found, Missing):
                yield model.says(what, found, PRESENT, at=at)
                continue
            mild = found <= most
            limit = at_most(worth_a_look if mild else most)
            yield model.says(what, found, limit, at=at, mild=mild)


def _shift(before: Json, after: Json) -> float | Missing:
    """The index of one feature, of two that are of one type."""
    if after["type"] == "numeric" and before["histogram"]["edges"] != after["histogram"]["edges"]:
        return Missing("the bins are others than the champion's")
    one, other = counts(before), counts(after)
    if not any(one.values()) or not any(other.values()):
        return Missing("no row was counted")
    return round(stability(one, other), 4)


def counts(feature: Json) -> Mapping[str, float]:
    """Rows by category, or by the bin of the histogram."""
    if "counts" in feature:
        found: Mapping[str, float] = feature["counts"]
        return found
    return {str(place): count for place, count in enumerate(feature["histogram"]["counts"])}


def stability(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """The population stability index of two tables of counts by bin; 0 if the shares are alike."""
    n, m = sum(before.values()), sum(after.values())
    total = 0.0
    for key in before.keys() | after.keys():
        p, q = (before.get(key, 0) or 0.5) / n, (after.get(key, 0) or 0.5) / m
        total += (q - p) * log(q / p)
    return total
