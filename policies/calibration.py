"""PERF-002: Scores mean what they say, for every segment.

A score is used as a probability, so it has to be one: the slope of the outcomes on the log-odds of the
scores is 1 for a calibrated model, less for one that is too sure of itself; the intercept is 0, less for
one that scores everybody too high; and the expected calibration error, the mean distance of the scores
from what was observed over the tenths of the score, is small. The Brier score has to beat
that of a model that gives everybody the base rate p, which is p * (1 - p); the skill is 1 less the ratio
of both. And a model that ranks well on average must not fail in a segment: its ROC AUC has a floor in
every group with 100 people, 30 of them of the positive class.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Missing
from releasectl.policy import (
    PRESENT,
    Looser,
    Model,
    Need,
    Parameter,
    Remedy,
    Rule,
    Seen,
    Severity,
    Strictness,
    at_least,
    at_most,
    between,
)
from releasectl.policy.authorities import COMPANY, MODEL_RISK

RULE = Rule(
    id="PERF-002",
    title="Scores mean what they say, for every segment",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE,),
    remedy=Remedy(
        "calibrate the model on data of its own, or train it on more rows of the weak segment",
        before="calibration: {slope: 0.05}",
        after="calibration: {slope: 1.04}",
    ),
    authority=(MODEL_RISK, COMPANY),
    owner="model-risk",
    parameters=(
        Parameter("slope_low", 0.9, "calibration slope, at least", Looser.DOWN, 0.5, 1),
        Parameter("slope_high", 1.1, "calibration slope, at most", Looser.UP, 1, 2),
        Parameter("intercept", 0.2, "calibration intercept, at most, above or below 0", Looser.UP, 0, 1),
        Parameter("error", 0.05, "expected calibration error, at most", Looser.UP, 0, 0.2),
        Parameter("skill", 0.1, "Brier skill against the base rate", Looser.DOWN, 0.01, 1),
        Parameter("floor", 0.7, "ROC AUC in every segment", Looser.DOWN, 0.6, 1),
        Parameter("traits", ("gender", "race"), "traits whose groups are segments", Looser.DOWN),
    ),
)

ROWS, POSITIVES = 100, 30


def judge_model(
    model: Model,
    *,
    slope_low: float,
    slope_high: float,
    intercept: float,
    error: float,
    skill: float,
    floor: float,
    traits: tuple[str, ...],
) -> Iterator[Seen]:
    at = ("metrics", "calibration")
    yield model.seen("calibration slope", (*at, "slope"), between(slope_low, slope_high))
    yield model.seen("calibration intercept", (*at, "intercept"), between(-intercept, intercept))
    what = "expected calibration error"
    yield model.seen(what, (*at, "expected_calibration_error"), at_most(error))
    yield model.says("Brier skill", _skill(model), at_least(skill), at=("metrics", "brier_score"))
    for trait in traits:
        yield from _segments(model, trait, floor)


def _skill(model: Model) -> float | Missing:
    brier, rate = model.find("metrics", "brier_score"), model.find("metrics", "holdout", "label_rate")
    if isinstance(brier, Missing) or isinstance(rate, Missing):
        return brier if isinstance(brier, Missing) else rate
    base = rate * (1 - rate)
    return round(1 - brier / base, 6) if base else Missing("the holdout has one class only")


def _segments(model: Model, trait: str, floor: float) -> Iterator[Seen]:
    at = ("groups", "traits", trait, "groups")
    groups = model.find(*at)
    if isinstance(groups, Missing):
        yield model.says(f"ROC AUC by {trait}", groups, PRESENT, at=at)
        return
    for name, group in groups.items():
        if group["rows"] >= ROWS and group["positives"] >= POSITIVES:
            what = f"ROC AUC of {name} ({trait})"
            yield model.seen(what, (*at, name, "roc_auc"), at_least(floor))
