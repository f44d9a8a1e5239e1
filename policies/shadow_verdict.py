"""SHAD-001: A challenger is promoted on what its trial has shown.

Before people get the answers of a challenger, it has run beside the champion, and the comparison of both
is in `releases/comparisons/`: paired requests enough by a calculation of power, the same class in nearly
all of them or as often as the champion agrees with itself, scores distributed alike (PSI,
Kolmogorov-Smirnov), no slower and with no more errors. `releasectl compare` explains each criterion.

Each strategy of a trial has a record of its own. The shadow's decides, as there both models get the same
requests; the canary's decides where no shadow was tried. What is recorded beside it, and was seen in the
same trial, must at least not say `stop`.

A comparison is no proof of itself. It is of the trial that ROLL-002 looks at, between its begin and now, and
beside the champion. What it measured is judged anew: by the limits of this environment, and by as much
evidence as these take, which is no more than the requests that it names. Whatever it was made with, none of
the parameters below was laxer than here: intervals that are narrower, or fewer bins, show less. That it was
measured at all is for Seldon to say: while a candidate answers people, `plan` and `apply` ask the request log
whether it got so many requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from policies.rollout import ANSWERING
from releasectl.compare.thresholds import CRITERIA, RANGES, Thresholds
from releasectl.model import Json, Missing
from releasectl.policy import (
    NONE,
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
    other_than,
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


if TYPE_CHECKING:
    from releasectl.compare.values import Criterion

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
        "# and releases/comparisons/production/income/9b1e....shadow.yaml with `verdict: promote`",
    ),
    authority=(COMPANY,),
    owner="model-risk",
    parameters=tuple(_parameters()),
)

ALWAYS = ("psi", "ks", "p99", "errors")  # of pairs, the agreement as well
# what a criterion counts; the others count distinct decisions
COUNTS = {"p99": "requests", "errors": "requests", "accuracy": "decisions", "groups": "decisions"}


def judge(case: Case, **limits: Json) -> Iterator[Seen]:
    target = f"{case.environment.name}/{case.release.name}"
    advice = RULE.remedy.advice.replace("TARGET/NAME", target)
    for seen in _judged(case, limits):
        yield seen._replace(remedy=advice)


def _judged(case: Case, limits: Mapping[str, Json]) -> Iterator[Seen]:
    for model in case.models:
        if isinstance(model.champion, First):
            yield model.says("the comparison with the champion", model.champion.reason, PRESENT)
        elif model.pointer == "/model" or case.release.strategy.type in ANSWERING:
            yield from _compared(case, model, limits)


def _compared(case: Case, model: Model, limits: Mapping[str, Json]) -> Iterator[Seen]:
    records = case.comparisons.get(model.lock.commit)
    if not records or isinstance(model.champion, Missing | First):
        reason = Missing(f"there is no comparison of {model.lock.commit} in releases/comparisons")
        absent = model.champion if isinstance(model.champion, Missing) else reason
        yield model.says("the comparison with the champion", absent, PRESENT)
        return
    began, champion = _began(case, model), model.champion.lock.commit
    # of the trial before any other, of the shadow before any other
    decisive = min(records, key=lambda strategy: (strategy not in began, strategy != "shadow", strategy))
    for strategy, found in records.items():
        if strategy == decisive:
            yield model.says("the verdict of the comparison", found["verdict"], exactly("promote"))
            yield model.says("the model that it was compared with", found["model"], exactly(champion))
            yield from _times(case, model, found, began.get(strategy))
            laxer = [each.name for each in RULE.parameters if _laxer(each, found["thresholds"], limits)]
            yield model.says("parameters of the comparison that are laxer than here", laxer, NONE)
            yield from _criteria(model, found, limits)
        elif strategy in began and found["model"] == champion and _moment(found, "first") >= began[strategy]:
            yield from _beside(model, found, limits)


def _began(case: Case, model: Model) -> dict[str, datetime]:
    """Since when the model's trial ran, by strategy."""
    trial = case.trial_of(model)
    stages = () if isinstance(trial, Missing) else trial
    return {stage.strategy.type: stage.at for stage in reversed(stages)}


def _moment(found: Mapping[str, Json], key: str) -> datetime:
    return datetime.fromisoformat(found[key])


def _beside(model: Model, found: Mapping[str, Json], limits: Mapping[str, Json]) -> Iterator[Seen]:
    """Another strategy may leave open what the decisive one has shown; it may not contradict it."""
    what = f"the {found['strategy']} that was compared, too"
    yield model.says(f"the verdict of {what}", found["verdict"], other_than("stop"))
    for name, criterion in _anew(model, found, limits).items():
        again = f"the criterion {name} of {what}, judged anew ({criterion.reason})"
        yield model.says(again, str(criterion.finding), other_than("fail"))


def _times(case: Case, model: Model, found: Mapping[str, Json], began: datetime | None) -> Iterator[Seen]:
    """What an earlier trial has shown, or this one by another strategy, was of another time."""
    first, last = _moment(found, "first"), _moment(found, "last")
    if began is None:
        reason = Missing(f"no {found['strategy']} led to this model")
        yield model.says("the trial that was compared", reason, PRESENT)
    else:
        what = "days from the trial's begin to the first request of the comparison"
        yield model.says(what, _days(began, first), at_least(0))
    yield model.says("days from the first request to the last one", _days(first, last), at_least(0))
    yield model.says("days since the last request", _days(last, case.now), at_least(0))


def _days(begin: datetime, end: datetime) -> float:
    return round((end - begin) / timedelta(days=1), 2)


def _laxer(parameter: Parameter, used: Mapping[str, Json], limits: Mapping[str, Json]) -> bool:
    """Whether it lets more pass than here; by `minimum_requests` everything is judged anew."""
    here, there = limits[parameter.name], used[parameter.name]
    if parameter.name == "required":
        return not set(here) <= set(there)
    if parameter.name == "minimum_requests":
        return False
    return bool(there < here if parameter.looser is Looser.DOWN else there > here)


def _criteria(model: Model, found: Mapping[str, Json], limits: Mapping[str, Json]) -> Iterator[Seen]:
    """What was measured is judged anew, by the limits of here and the evidence that they take."""
    anew = _anew(model, found, limits)
    always = ("agreement", *ALWAYS) if found["strategy"] == "shadow" else ALWAYS
    kinds = {name.partition(":")[0] for name in anew}
    for name in dict.fromkeys((*always, *limits["required"])):
        if name not in kinds:
            yield model.says(f"the criterion {name}", Missing("it was not compared"), PRESENT)
    there = dict(found["traffic"]["candidate"])
    there["distinct decisions"] = min(there["distinct"], there["decisions"])
    for name, criterion in anew.items():
        recorded = found["criteria"][name]
        wanted = exactly("pass") if criterion.required else other_than("fail")
        yield model.says(f"the criterion {name} ({recorded['reason']})", recorded["finding"], wanted)
        again = f"the criterion {name}, judged anew ({criterion.reason})"
        yield model.says(again, str(criterion.finding), wanted)
        counted = COUNTS.get(name.partition(":")[0], "distinct decisions")
        what = f"{counted} of the candidate behind {name}"
        yield model.says(what, criterion.n, at_most(there[counted]))


def _anew(model: Model, found: Mapping[str, Json], limits: Mapping[str, Json]) -> Mapping[str, Criterion]:
    from releasectl.compare.recorded import judged  # most runs judge no comparison

    classes = len(model.lock.features["label"]["classes"])
    return judged(found, Thresholds(**{**limits, "required": tuple(limits["required"])}), classes)
