"""FAIR-003: No feature stands in for a protected trait.

A model without the column `gender` still decides by gender if another column tells it. So every feature is
held against the audit columns of the holdout: how well does it alone tell a group from the rest (ROC AUC,
in any shape), and how much does it say of the trait at all (mutual information, in bits)? Nobody knows what
a feature tells of a trait that it was not held against.

A feature that tells a small group well but carries little information is mild: `age` tells the widowed
from the rest, and says next to nothing of most people. Both together are a proxy.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Missing
from releasectl.policy import (
    ANYTHING,
    NONE,
    Looser,
    Model,
    Need,
    Parameter,
    Remedy,
    Rule,
    Seen,
    Severity,
    Strictness,
    below,
)
from releasectl.policy.authorities import COMPANY, EFFECTS_TEST, regulation_b

RULE = Rule(
    id="FAIR-003",
    title="No feature stands in for a protected trait",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE,),
    remedy=Remedy(
        "train without the feature, or with one that says less of the trait",
        before="features:\n- {name: relationship, type: categorical}   # Husband, Wife, ...",
        after="features:\n- {name: household-size, type: numeric}",
    ),
    authority=(regulation_b("1002.4(a)"), EFFECTS_TEST, COMPANY),
    owner="fair-lending",
    parameters=(
        Parameter("auc", 0.80, "ROC AUC of one feature against one group, less than", Looser.UP, 0.5, 0.95),
        Parameter(
            "information", 0.15, "bits that a feature may say of a group, less than", Looser.UP, 0, 0.5
        ),
        Parameter(
            "traits",
            ("gender", "race", "marital-status", "native-country"),
            "traits that every feature is held against",
            Looser.DOWN,
        ),
    ),
)


def judge_model(model: Model, *, auc: float, information: float, traits: tuple[str, ...]) -> Iterator[Seen]:
    proxies = model.find("groups", "proxies")
    if isinstance(proxies, Missing):
        yield model.says("what the features tell of protected traits", proxies, ANYTHING)
        return
    absent = [name for name in _features(model) if name not in proxies]
    yield model.says("features that nobody has held against protected traits", absent, NONE)
    left_out = [
        f"{feature} ({trait})" for feature, told in proxies.items() for trait in traits if trait not in told
    ]
    what, at = "features that were not held against a trait", ("groups", "proxies")
    yield model.says(what, left_out, NONE, at=at)
    for feature, told in proxies.items():
        yield from _of_feature(model, feature, told, auc, information)


def _of_feature(
    model: Model, feature: str, traits: dict[str, dict[str, float]], auc: float, information: float
) -> Iterator[Seen]:
    """The trait that it tells best; the others can only be milder."""
    trait, best = max(
        traits.items(),
        key=lambda item: (
            item[1]["auc"] >= auc and item[1]["mutual_information"] >= information,
            item[1]["auc"],
        ),
    )
    at = ("groups", "proxies", feature, trait)
    who = f"{trait} {best['group']}" if best["group"] else trait
    small = best["mutual_information"] < information
    yield model.says(f"ROC AUC of {feature} alone against {who}", best["auc"], below(auc), at=at, mild=small)
    if best["auc"] < auc:
        what = f"bits that {feature} says of {who}"
        yield model.says(what, best["mutual_information"], below(information), at=at, mild=True)


def _features(model: Model) -> list[str]:
    return [feature["name"] for feature in model.lock.features["features"]]
