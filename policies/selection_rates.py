"""FAIR-004: No group is selected much less often than another, beyond what outcomes explain.

Four-fifths: the selection rate of a group should be at least 0.8 of that of the group selected most. The
ratio alone is a poor judge, of small groups above all, so a ratio below it counts only if Fisher's exact
test says that chance does not explain it (p < `significance`). Both come from groups.json, with Katz's
interval.

Groups also differ in what they are selected for. Where the outcomes of the frozen holdout differ as much
as the selections do (the ratio, divided by the ratio of outcome rates, is still at least 0.8), the model
does not add to the difference: that is a warning, to be answered with a business necessity and the less
disparate alternatives that were tried. Where the model selects a group less often than its outcomes do, it
is a denial. Age has a rule of its own, FAIR-002.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from releasectl.model import Missing
from releasectl.policy import (
    NONE,
    PRESENT,
    Limit,
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
    by_chance,
    show,
)
from releasectl.policy.authorities import COMPANY, EFFECTS_TEST

RULE = Rule(
    id="FAIR-004",
    title="No group is selected much less often than another",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE,),
    remedy=Remedy(
        "look for a less disparate model: other features, another threshold, weights in training; the "
        "holdout's "
        "groups.json says who is affected",
        before="selection_rate_ratio: 0.44   # of Female to Male",
        after="selection_rate_ratio: 0.83",
    ),
    authority=(COMPANY, EFFECTS_TEST),
    owner="fair-lending",
    parameters=(
        Parameter(
            "ratio", 0.8, "selection rate of a group to that of the group selected most", Looser.DOWN, 0.5, 1
        ),
        Parameter("significance", 0.05, "p below which chance does not explain it", Looser.DOWN, 0.001, 1),
        Parameter(
            "traits",
            ("gender", "race", "marital-status", "native-country"),
            "traits whose groups are compared",
            Looser.DOWN,
            choices=("gender", "race", "marital-status", "age-band", "native-country"),
        ),
    ),
)


def judge_model(
    model: Model, *, ratio: float, significance: float, traits: tuple[str, ...]
) -> Iterator[Seen]:
    for trait in traits:
        yield from _of_trait(model, trait, ratio, significance)


def _of_trait(model: Model, trait: str, ratio: float, significance: float) -> Iterator[Seen]:
    at = ("groups", "traits", trait)
    found = model.find(*at)
    if isinstance(found, Missing) or found["reference"] is None:
        absent = found if isinstance(found, Missing) else Missing("no group has rows enough to be compared")
        yield model.says(f"selection rates by {trait}", absent, PRESENT, at=at)
        return
    explained = []
    for name, group in found["groups"].items():
        if name in ("unknown", found["reference"]):
            continue
        what = f"selection rate of {name} ({trait}) to that of {found['reference']}"
        if group["selection_rate_ratio"] is None:
            yield model.says(what, Missing("nobody was selected"), PRESENT, at=at)
        elif None in (group["selection_rate_p"], group["selection_rate_ratio_interval"]):
            absent = Missing("it has no p-value, or no interval")
            yield model.says(what, absent, PRESENT, at=(*at, "groups", name))
        elif group["selection_rate_p"] >= significance or not _explained(group, ratio):
            p = group["selection_rate_p"]
            limit = at_least(ratio) if p < significance else by_chance(p)
            yield model.says(what, group["selection_rate_ratio"], limit, at=(*at, "groups", name))
        elif group["selection_rate_ratio"] < ratio:
            explained.append(_told(name, group))
    what = f"groups of {trait} selected less often than {found['reference']}, as far as their outcomes say"
    none = Limit(f"none of them below {show(ratio)} of its rate", NONE.holds)
    yield model.says(what, explained, none, at=at, mild=True)


def _explained(group: Mapping[str, Any], ratio: float) -> bool:
    outcomes = group["label_rate_ratio"]
    return bool(outcomes and group["selection_rate_ratio"] / outcomes >= ratio)


def _told(name: str, group: Mapping[str, Any]) -> str:
    low, high = group["selection_rate_ratio_interval"]
    value, outcomes = group["selection_rate_ratio"], group["label_rate_ratio"]
    rates = f"{value:.2f} of its rate (95 % interval {low:.2f} to {high:.2f})"
    return f"{name} with {rates} and {outcomes:.2f} of its good outcomes"
