"""SHAD-001: A challenger is promoted on what its trial has shown.

Before people get the answers of a challenger, it has run beside the champion, and the comparison of both
is in `releases/comparisons/`: paired requests enough by a calculation of power, the same class in nearly
all of them or as often as the champion agrees with itself, scores distributed alike (PSI,
Kolmogorov-Smirnov), no slower and with no more errors. `releasectl compare` explains each criterion.

A comparison made with laxer limits than those of this environment does not count, nor one of an earlier
trial: of the one that ROLL-002 looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from policies.rollout import ANSWERING
from releasectl.compare.thresholds import CRITERIA, RANGES, Thresholds
from releasectl.model import Json, Missing
from releasectl.policy import (
    PRESENT,
    Case,
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
    at_least,
    at_most,
    exactly,
)
from releasectl.policy.authorities import COMPANY

DOWN = ("agreement", "confidence", "power", "minimum_requests", "required", "psi_bins")
ABOUT = {
    "agreement": "share of equal classes, at least",
    "agreement_margin": "how far below `agreement` a candidate must be found out",
    "labels_decide": "whether known outcomes outvote `agreement`",
    "accuracy_loss": "of the candidate against the model, where outcomes are known",
    "psi": "population stability index of the scores",
    "psi_bins": "bins that the index is computed in",
    "ks": "Kolmogorov-Smirnov distance of the scores",
    "p99_ratio": "of the candidate's 99th percentile of latency to the model's",
    "error_points": "percentage points that the error rate may be higher",
    "group_gap": "by which selection rates of two groups may change differently",
    "group_size": "rows of a group that is judged",
    "confidence": "of every interval",
    "power": "with which a candidate that is worse by the margin is found out",
    "minimum_requests": "in place of the power calculation",
    "required": "criteria that have to pass",
}


def _parameters() -> Iterator[Parameter]:
    for field in fields(Thresholds):
        low, high = RANGES.get(field.name, (None, None))
        choices = CRITERIA if field.name == "required" else ()
        looser = Looser.DOWN if field.name in DOWN else Looser.UP
        default: Any = field.default
        yield Parameter(field.name, default, ABOUT[field.name], looser, low, high, choices)


RULE = Rule(
    id="SHAD-001",
    title="A challenger is promoted on what its trial has shown",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.RELEASE, Need.HISTORY),
    remedy=Remedy(
        "run `releasectl compare TARGET/NAME --record` while the shadow runs, and commit what it writes",
        before="strategy: {type: canary, candidate: 9b1e..., traffic: 10}",
        after="strategy: {type: canary, candidate: 9b1e..., traffic: 10}\n"
        "# and releases/comparisons/production/income/9b1e....yaml with `verdict: promote`",
    ),
    authority=(COMPANY,),
    owner="model-risk",
    parameters=tuple(_parameters()),
)

# criterion -> the parameter that limits it, in the unit of its limit, and whether the limit is a lower one
LIMITS: Mapping[str, tuple[str, float, bool]] = {
    "agreement": ("agreement", 1, True),
    "psi": ("psi", 1, False),
    "ks": ("ks", 1, False),
    "p99": ("p99_ratio", 1, False),
    "errors": ("error_points", 0.01, False),
    "accuracy": ("accuracy_loss", -1, True),
    "groups": ("group_gap", 1, False),
}


def judge(case: Case, **limits: Json) -> Iterator[Seen]:
    for model in case.models:
        if isinstance(model.champion, First):
            yield model.says("the comparison with the champion", model.champion.reason, PRESENT)
        elif model.pointer == "/model" or case.release.strategy.type in ANSWERING:
            yield from _compared(case, model, limits)


def _days_into_the_trial(model: Model, first: str) -> float | Missing:
    if isinstance(model.trial, Missing):
        return model.trial
    if not model.trial:
        return Missing("no trial led to this model")
    return round((datetime.fromisoformat(first) - model.trial[0].at) / timedelta(days=1), 2)


def _compared(case: Case, model: Model, limits: Mapping[str, Json]) -> Iterator[Seen]:
    found = case.comparisons.get(model.lock.commit)
    if found is None or isinstance(model.champion, Missing | First):
        reason = Missing(f"there is no comparison of {model.lock.commit} in releases/comparisons")
        absent = model.champion if isinstance(model.champion, Missing) else reason
        yield model.says("the comparison with the champion", absent, PRESENT)
        return
    yield model.says("the verdict of the comparison", found["verdict"], exactly("promote"))
    yield model.says("the candidate of the comparison", found["candidate"], exactly(model.lock.commit))
    champion = model.champion.lock.commit
    yield model.says("the model that it was compared with", found["model"], exactly(champion))
    what = "days from the trial's begin to the first request of the comparison"
    yield model.says(what, _days_into_the_trial(model, found["first"]), at_least(0))
    criteria = {each["name"]: each for each in found["criteria"]}
    for name in limits["required"]:
        each = criteria.get(name)
        if each is None:
            yield model.says(f"the criterion {name}", Missing("it was not compared"), PRESENT)
            continue
        yield model.says(f"the criterion {name} ({each['reason']})", each["finding"], exactly("pass"))
        yield model.says(f"requests behind the criterion {name}", each["n"], at_least(each["minimum"]))
        if name in LIMITS:
            parameter, unit, lower = LIMITS[name]
            limit = (at_least if lower else at_most)(limits[parameter] * unit)
            yield model.says(f"the limit that {name} was held to", each["limit"], limit)
