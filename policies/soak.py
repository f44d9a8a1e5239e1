"""SOAK-001: Each stage lasts long enough to see a whole week.

People apply differently on Mondays and at the end of the month, and a leak takes days to show. So a stage
lasts as long as the tier of the model asks, or that of its champion, if that one is stricter: for tier 1
seven days as a shadow, which is one whole week, and three as a canary. Time counts from the commit that
began the stage, as the main line has it, to the one that ended it, or to now; what counts is the trial that
ROLL-002 looks at, none that was broken off before. The requests that the shadow's record compares have to
span its time, without a gap at its beginning or end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from policies.rollout import ANSWERING, tier_of
from releasectl.model import Missing
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
    Stage,
    Strictness,
    at_least,
)
from releasectl.policy.authorities import COMPANY

RULE = Rule(
    id="SOAK-001",
    title="Each stage lasts long enough to see a whole week",
    severity=Severity.MEDIUM,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE, Need.HISTORY),
    remedy=Remedy(
        "wait, then promote: `releasectl history` says since when the stage lasts",
        before="strategy: {type: canary, candidate: 9b1e..., traffic: 10}   # after two days as a shadow",
        after="strategy: {type: canary, candidate: 9b1e..., traffic: 10}   # after seven",
    ),
    authority=(COMPANY,),
    owner="model-risk",
    parameters=(
        Parameter("tier_1_shadow", 7.0, "days as a shadow, tier 1", Looser.DOWN, 3),
        Parameter("tier_1_canary", 3.0, "days as a canary, tier 1", Looser.DOWN, 1),
        Parameter("tier_2_shadow", 0.0, "days as a shadow, tier 2", Looser.DOWN, 0),
        Parameter("tier_2_canary", 1.0, "days as a canary, tier 2", Looser.DOWN, 0),
        Parameter(
            "gap", 1.0, "days at either end of the shadow that nothing was compared in", Looser.UP, 0, 1
        ),
    ),
)

Span = tuple[datetime, datetime]


def judge(case: Case, *, gap: float, **days: float) -> Iterator[Seen]:
    for model in case.models:
        tier, trial = tier_of(model), case.trial_of(model)
        if isinstance(model.champion, First):
            yield model.says("how long the model was tried", f"not: {model.champion.reason}", PRESENT)
        elif isinstance(case.timeline, Missing) or isinstance(trial, Missing):
            yield model.says("how long the model was tried", case.timeline, PRESENT)
        elif isinstance(tier, Missing):
            yield model.says("how long a model of its tier is tried", tier, PRESENT)
        else:
            limits = [days.get(f"tier_{tier}_{kind}", 0.0) for kind in ("shadow", "canary")]
            spans = [_spans(case.timeline, trial, kinds) for kinds in (("shadow",), ANSWERING)]
            yield from _stages(case, model, spans, limits, gap)


def _stages(
    case: Case, model: Model, spans: Sequence[Sequence[Span]], limits: Sequence[float], gap: float
) -> Iterator[Seen]:
    (shadows, canaries), (shadow, canary) = spans, limits
    if model.pointer == "/model" or case.release.strategy.type in ANSWERING:
        yield model.says("days as a shadow", _days(shadows), at_least(shadow))
        if shadow and shadows:
            yield _compared(case, model, shadows, gap)
    if model.pointer == "/model":
        yield model.says("days as a canary", _days(canaries), at_least(canary))


def _spans(timeline: Sequence[Stage], trial: Sequence[Stage], kinds: Sequence[str]) -> list[Span]:
    """From the beginning of each such stage to the next; the stage that is judged has not lasted yet."""
    return [
        (stage.at, after.at)
        for stage, after in pairwise(timeline)
        if stage in trial and stage.strategy.type in kinds
    ]


def _days(spans: Sequence[Span]) -> float:
    return round(sum(((end - begin) for begin, end in spans), timedelta()) / timedelta(days=1), 2)


def _compared(case: Case, model: Model, spans: Sequence[Span], gap: float) -> Seen:
    """Days of the shadow's time that lie between the first request that was compared and the last."""
    comparison = case.comparisons.get(model.lock.commit, {}).get("shadow")
    wanted = max(0.0, _days(spans) - 2 * gap)
    what = "days that the compared requests span"
    if comparison is None:
        absent = Missing("there is no comparison of this shadow in releases/comparisons")
        return model.says(what, absent, at_least(wanted))
    first, last = (datetime.fromisoformat(comparison[key]) for key in ("first", "last"))
    shared = [(max(begin, first), min(end, last)) for begin, end in spans if first < end and begin < last]
    return model.says(what, _days(shared), at_least(wanted))
