"""LEAK-001: No feature is the answer, and no answer was seen before.

A feature that tells the label almost perfectly is the label under another name, or something that is known
only afterwards: the model learns nothing else, and fails where the leak is absent. And a row of the
holdout that was trained on makes every number of the evidence too good. That no feature of the model is
left out is for EVID-001 to see.
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
    at_most,
)
from releasectl.policy.authorities import COMPANY

RULE = Rule(
    id="LEAK-001",
    title="No feature is the answer, and no answer was seen before",
    severity=Severity.CRITICAL,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE,),
    remedy=Remedy(
        "find out where the column comes from and train without it; take the rows of the holdout out of "
        "training",
        before="features: {gender: {label_auc: 1.0}}",
        after="features: {occupation: {label_auc: 0.73}}",
    ),
    authority=(COMPANY,),
    owner="model-risk",
    parameters=(
        Parameter("auc", 0.95, "ROC AUC of one feature alone against the label", Looser.UP, 0.5, 0.99),
        Parameter("rows", 0, "training rows that are in the holdout too", Looser.UP, 0, 100),
    ),
)


def judge_model(model: Model, *, auc: float, rows: int) -> Iterator[Seen]:
    features = model.find("profile", "features")
    if isinstance(features, Missing):
        yield model.says("what one feature says of the label", features, PRESENT)
        return
    for name, feature in features.items():
        at = ("profile", "features", name, "label_auc")
        yield model.says(
            f"ROC AUC of {name} alone against the label", feature["label_auc"], at_most(auc), at=at
        )
    what = "training rows that the holdout has too"
    yield model.seen(what, ("profile", "holdout", "training_rows_in_holdout"), at_most(rows))
