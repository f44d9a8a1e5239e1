"""FAIR-005: Errors fall on all groups alike, and on none more than before.

Among people who would have repaid, every group should be selected about as often (true positive rate), and
so should it be among those who would not (false positive rate): equalised odds. The two groups that are
furthest apart are compared, of those with 30 people to count the rate by; a gap that Fisher's exact test
puts down to chance (p >= `significance`) does not count.

A challenger must not be worse for any group than the champion it is to replace: its rate is a breach if
even the favourable end of its 95 % interval is more than `loss` worse than the champion's rate.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Missing
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
    at_least,
    at_most,
    by_chance,
)
from releasectl.policy.authorities import COMPANY

RULE = Rule(
    id="FAIR-005",
    title="Errors fall on all groups alike",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE, Need.HISTORY),
    remedy=Remedy(
        "find out what the model does to the group that is worse off: too few rows, a proxy, a threshold "
        "that "
        "fits one group only",
        before="gaps: {true_positive_rate: {highest: Male, lowest: Female, gap: 0.31}}",
        after="gaps: {true_positive_rate: {highest: Male, lowest: Female, gap: 0.04}}",
    ),
    authority=(COMPANY,),
    owner="fair-lending",
    parameters=(
        Parameter("gap", 0.10, "between the rates of two groups", Looser.UP, 0, 0.3),
        Parameter("loss", 0.02, "by which a challenger may be worse for a group", Looser.UP, 0, 0.1),
        Parameter("significance", 0.05, "p below which chance does not explain it", Looser.DOWN, 0.001, 1),
        Parameter(
            "traits",
            ("gender", "race", "native-country"),
            "traits whose groups are compared",
            Looser.DOWN,
            choices=("gender", "race", "marital-status", "age-band", "native-country"),
        ),
    ),
)

SIZEABLE = 100
RATES = (("true positive rate", "true_positive_rate"), ("false positive rate", "false_positive_rate"))


def judge_model(
    model: Model, *, gap: float, loss: float, significance: float, traits: tuple[str, ...]
) -> Iterator[Seen]:
    for trait in traits:
        for title, rate in RATES:
            yield _gap(model, trait, title, rate, gap, significance)
        yield from _against_champion(model, trait, loss)


def _gap(model: Model, trait: str, title: str, rate: str, most: float, significance: float) -> Seen:
    at = ("groups", "traits", trait, "gaps", rate)
    found = model.find(*at)
    if isinstance(found, Missing):
        return model.says(f"gap of the {title} between groups of {trait}", found, PRESENT, at=at)
    what = f"gap of the {title} between {found['highest']} and {found['lowest']} ({trait})"
    limit = at_most(most) if found["p"] < significance else by_chance(found["p"])
    return model.says(what, found["gap"], limit, at=(*at, "gap"))


def _against_champion(model: Model, trait: str, loss: float) -> Iterator[Seen]:
    champion = model.champion
    if isinstance(champion, First):
        return
    mine = model.find("groups", "traits", trait, "groups")
    theirs = champion if isinstance(champion, Missing) else champion.find("groups", "traits", trait, "groups")
    if isinstance(mine, Missing) or isinstance(theirs, Missing):
        absent = mine if isinstance(mine, Missing) else theirs
        yield model.says(f"the groups of {trait}, beside the champion's", absent, PRESENT)
        return
    for name in sorted(mine.keys() & theirs.keys()):
        if min(mine[name]["rows"], theirs[name]["rows"]) < SIZEABLE:
            continue
        for (title, rate), sign in zip(RATES, (1, -1), strict=True):
            interval, before = mine[name][f"{rate}_interval"], theirs[name][rate]
            if interval is None or before is None:
                continue
            best = interval[1] if sign == 1 else interval[0]
            limit = at_least(before - loss) if sign == 1 else at_most(before + loss)
            at = ("groups", "traits", trait, "groups", name, rate)
            if not limit.holds(best):
                what = f"{title} of {name} ({trait}), {before:.3g} with the champion"
                yield model.says(what, mine[name][rate], limit, at=at)
