"""FAIR-006: The evidence covers everybody.

Group metrics protect nobody whom they leave out. So every trait has to be there, the groups of a trait
have to add up to all the rows that were scored, and only few people may be of an unknown group.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Missing
from releasectl.policy import (
    PRESENT,
    Case,
    Looser,
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
from releasectl.policy.authorities import COMPANY, ai_act

RULE = Rule(
    id="FAIR-006",
    title="The evidence covers everybody",
    severity=Severity.MEDIUM,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE,),
    remedy=Remedy(
        "complete the audit columns of the holdout, and evaluate again",
        before="native-country: {unknown_share: 0.31}",
        after="native-country: {unknown_share: 0.02}",
    ),
    authority=(ai_act("Article 10(2)(f), (3)"), COMPANY),
    owner="fair-lending",
    parameters=(
        Parameter("unknown", 0.05, "share of rows of an unknown group", Looser.UP, 0, 0.3),
        Parameter(
            "traits",
            ("gender", "race", "marital-status", "age-band", "native-country"),
            "traits that the evidence has to have",
            Looser.DOWN,
        ),
    ),
)


def judge(case: Case, *, unknown: float, traits: tuple[str, ...]) -> Iterator[Seen]:
    for model in case.models:
        rows = model.find("groups", "rows")
        for trait in traits:
            at = ("groups", "traits", trait)
            groups = model.find(*at, "groups")
            if isinstance(groups, Missing) or isinstance(rows, Missing):
                yield model.says(f"groups by {trait}", groups, PRESENT, at=at)
                continue
            counted = sum(group["rows"] for group in groups.values())
            yield model.says(f"rows in the groups of {trait}", counted, exactly(rows), at=(*at, "groups"))
            what = f"share of rows whose {trait} is unknown"
            yield model.seen(what, (*at, "unknown_share"), at_most(unknown))
