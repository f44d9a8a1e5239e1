"""DUP-001: The training data are not a few rows many times.

Six thousand rows of which 450 differ are 450 rows: every number that counts rows is too sure of itself,
and whoever copied them may have chosen which. Rows are compared as the model sees them, label included; that
the share is one of the two counts beside it is for EVID-001 to see.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.policy import (
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
)
from releasectl.policy.authorities import COMPANY

RULE = Rule(
    id="DUP-001",
    title="The training data are not a few rows many times",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE,),
    remedy=Remedy(
        "ask the supplier for the original rows, or train on the distinct ones",
        before="training: {rows: 6000, distinct_rows: 450}",
        after="training: {rows: 20000, distinct_rows: 14763}",
    ),
    authority=(COMPANY,),
    owner="data-stewards",
    parameters=(Parameter("share", 0.5, "distinct rows to all rows", Looser.DOWN, 0.05, 1),),
)


def judge_model(model: Model, *, share: float) -> Iterator[Seen]:
    what = "share of training rows that are distinct"
    yield model.seen(what, ("profile", "training", "distinct_share"), at_least(share))
