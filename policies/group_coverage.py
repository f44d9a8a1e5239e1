"""FAIR-006: The evidence covers everybody.

Group metrics protect nobody whom they leave out. So every trait has to be there, with two groups at least
that are told apart, the groups of a trait have to add up to all the rows that were scored, and only few
people may be of an unknown group.

A challenger that was measured on the champion's holdout was measured on the champion's people: a trait has
the same groups, each with as many rows and as many good outcomes, or two were put together that rules
compare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from releasectl.model import Json, Missing
from releasectl.policy import (
    NONE,
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
    exactly,
)
from releasectl.policy.authorities import COMPANY, ai_act

RULE = Rule(
    id="FAIR-006",
    title="The evidence covers everybody",
    severity=Severity.MEDIUM,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE, Need.HISTORY),
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

UNKNOWN = "unknown"


def judge_model(model: Model, *, unknown: float, traits: tuple[str, ...]) -> Iterator[Seen]:
    rows, peer = model.find("groups", "rows"), _peer(model)
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
        apart = len(groups.keys() - {UNKNOWN})
        yield model.says(f"groups of {trait} that are told apart", apart, at_least(2), at=(*at, "groups"))
        if peer is not None:
            before = peer.find(*at, "groups")
            what = f"groups of {trait} that are others than the champion's on the same holdout"
            differ = before if isinstance(before, Missing) else _differing(groups, before)
            yield model.says(what, differ, NONE, at=(*at, "groups"))


def _peer(model: Model) -> Model | None:
    """The champion, if both were measured on one holdout; PERF-001 asks whether they were."""
    champion = model.champion
    if isinstance(champion, First | Missing):
        return None
    at = ("profile", "holdout", "sha256")
    return champion if model.find(*at) == champion.find(*at) else None


def _differing(mine: Mapping[str, Json], theirs: Mapping[str, Json]) -> list[str]:
    """Groups that one of them does not have, or has with other people in it."""
    counts = [
        {name: (group["rows"], group["positives"]) for name, group in groups.items()}
        for groups in (mine, theirs)
    ]
    return sorted({name for name, _ in counts[0].items() ^ counts[1].items()})
