"""DATA-001: New columns come with the consent of the data steward.

A dataset that suddenly has more columns than the one before is a change of what is known about people, and
nobody decided it: that is how race, gender and marital status came into model 2. So the columns of the
training data are compared with those of the champion's; the first model of a release has nothing to be
compared with.

The consent is a waiver of this rule, approved by the data steward: it names the columns by its
fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Missing
from releasectl.policy import (
    NONE,
    PRESENT,
    First,
    Model,
    Need,
    Remedy,
    Rule,
    Seen,
    Severity,
    Strictness,
)
from releasectl.policy.authorities import COMPANY, MODEL_RISK, ai_act

RULE = Rule(
    id="DATA-001",
    title="New columns come with the consent of the data steward",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE, Need.HISTORY),
    remedy=Remedy(
        "train on the columns of the champion, or have the data steward approve a waiver of this finding",
        before="# income_data: age, workclass, education, income, race, gender",
        after="# income_data: age, workclass, education, income",
    ),
    authority=(COMPANY, MODEL_RISK, ai_act("Article 10(2)")),
    owner="data-stewards",
)


APPROVER = "data-stewards"  # who alone waives it


def judge_model(model: Model) -> Iterator[Seen]:
    if isinstance(model.champion, First):
        yield model.says("columns beside the champion's", model.champion.reason, PRESENT)
        return
    mine = model.find("profile", "features")
    champion = model.champion
    theirs = champion if isinstance(champion, Missing) else champion.find("profile", "features")
    if isinstance(mine, Missing) or isinstance(theirs, Missing):
        absent = mine if isinstance(mine, Missing) else theirs
        yield model.says("columns beside the champion's", absent, PRESENT)
        return
    at = ("profile", "features")
    new = sorted(mine.keys() - theirs.keys())
    yield model.says("columns that the champion's training data did not have", new, NONE, at=at)
    changed = [name for name in mine if name in theirs and mine[name]["type"] != theirs[name]["type"]]
    yield model.says("columns of another type than the champion's", changed, NONE, at=at)
