"""ROLL-002: A model reaches people as carefully as much depends on it.

A model of tier 1 decides on credit for consumers: it runs as a shadow first, where nobody sees its
answers, then as a canary that begins with few requests, then alone. Tier 2 may leave out the shadow, tier
3 both. A card that names a milder tier than the champion's does not make the model less careful to release:
the stricter of both tiers counts. A first model has nothing to run beside, and a model that has served
before may come back at once: that is a rollback.

Both stages are looked up in the history of the release file along the main line, where every state was
reviewed. They are those of one trial without a break, beside the one model that is replaced: what a trial
has shown that was broken off, or beside a model that serves no more, is not what it would show today.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    at_most,
    exactly,
)
from releasectl.policy.authorities import COMPANY

RULE = Rule(
    id="ROLL-002",
    title="A model reaches people as carefully as much depends on it",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.RELEASE, Need.EVIDENCE, Need.HISTORY),
    remedy=Remedy(
        "begin with `releasectl release ... --strategy shadow` and go on with `releasectl promote`",
        before="model: 9b1e4c7d2f5a4e8b9c0d1e2f3a4b5c6d   # the new one, at once",
        after="model: 5d0c2f3e6a1b4c7f8e9d0a1b2c3d4e5f\nstrategy:\n  type: shadow\n"
        "  candidate: 9b1e4c7d2f5a4e8b9c0d1e2f3a4b5c6d",
    ),
    authority=(COMPANY,),
    owner="model-risk",
    parameters=(
        Parameter("shadow_tier", 1, "the lowest tier that runs as a shadow first", Looser.DOWN, 1, 3),
        Parameter("canary_tier", 2, "the lowest tier that runs as a canary first", Looser.DOWN, 1, 3),
        Parameter("first_step", 10, "per cent of the requests that a canary begins with", Looser.UP, 1, 50),
    ),
)

ANSWERING = ("canary", "abtest")


def judge(case: Case, *, shadow_tier: int, canary_tier: int, first_step: int) -> Iterator[Seen]:
    for model in case.models:
        if isinstance(model.champion, First):
            yield model.says("how the model came", f"at once: {model.champion.reason}", PRESENT)
            continue
        tier, answers, stages = tier_of(model), _answers(case, model), case.trial_of(model)
        if isinstance(stages, Missing) or isinstance(tier, Missing):
            absent = stages if isinstance(stages, Missing) else tier
            yield model.says("how the model came", absent, PRESENT)
            continue
        if answers and tier <= shadow_tier:
            ran = any(stage.strategy.type == "shadow" for stage in stages)
            yield model.says(f"whether a model of tier {tier} ran as a shadow", ran, exactly(True))
        if answers and tier <= canary_tier and model.pointer == "/model":
            ran = any(stage.strategy.type in ANSWERING for stage in stages)
            yield model.says(f"whether a model of tier {tier} ran as a canary", ran, exactly(True))
        if first := next((stage for stage in stages if stage.strategy.type in ANSWERING), None):
            what = "per cent of the requests that the canary began with"
            yield model.says(what, first.strategy.traffic or 0, at_most(first_step))


def tier_of(model: Model) -> Json | Missing:
    """The stricter one of its own and the champion's."""
    champion, own = model.champion, model.find("card", "tier")
    theirs = champion.find("card", "tier") if isinstance(champion, Model) else champion
    if isinstance(own, Missing) or isinstance(theirs, First):
        return own
    return theirs if isinstance(theirs, Missing) else min(own, theirs)


def _answers(case: Case, model: Model) -> bool:
    """Whether people get the answers of this model."""
    return model.pointer == "/model" or case.release.strategy.type in ANSWERING
