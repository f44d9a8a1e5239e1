"""GOV-001: Somebody else has validated the model, and not too long ago.

Effective challenge takes a person who did not build the model and can say no. The card names the
developer, the validator, the day of the last validation and its report; how long a validation lasts
depends on the tier. A validation that is overdue is mild: the model that serves is as sound as it was, and
the inventory has to be brought up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from releasectl.model import Missing
from releasectl.policy import (
    PRESENT,
    Case,
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
    another_team,
    at_least,
    at_most,
)
from releasectl.policy.authorities import COMPANY, MODEL_RISK

RULE = Rule(
    id="GOV-001",
    title="Somebody else has validated the model",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE,),
    remedy=Remedy(
        "have the model validated, and write it into pipelines/<model>/card.yaml",
        before="developer: credit-ml",
        after="developer: credit-ml\nvalidation: {validator: model-risk, date: '2026-09-14', report: "
        "MRV-2026-031}",
    ),
    authority=(MODEL_RISK, COMPANY),
    owner="model-risk",
    parameters=(
        Parameter("tier_1", 365, "days that a validation of tier 1 lasts", Looser.UP, 1, 730),
        Parameter("tier_2", 730, "days that a validation of tier 2 lasts", Looser.UP, 1, 1095),
        Parameter("tier_3", 1095, "days that a validation of tier 3 lasts", Looser.UP, 1, 1825),
    ),
)


def judge(case: Case, *, tier_1: int, tier_2: int, tier_3: int) -> Iterator[Seen]:
    lasts = {1: tier_1, 2: tier_2, 3: tier_3}
    for model in case.models:
        developer = model.find("card", "developer")
        yield model.seen("developer of the model", ("card", "developer"), PRESENT)
        yield model.seen("report of the validation", ("card", "validation", "report"), PRESENT)
        independent: Limit = PRESENT if isinstance(developer, Missing) else another_team(developer)
        yield model.seen("validator of the model", ("card", "validation", "validator"), independent)
        yield from _cadence(model, case.now.date(), lasts)


def _cadence(model: Model, today: date, lasts: dict[int, int]) -> Iterator[Seen]:
    tier, text, at = (
        model.find("card", "tier"),
        model.find("card", "validation", "date"),
        ("card", "validation"),
    )
    try:
        found = text if isinstance(text, Missing) else (today - date.fromisoformat(text)).days
    except ValueError:
        found = Missing(f"{text} is no day of the calendar")
    if isinstance(found, Missing) or isinstance(tier, Missing):
        yield model.says("days since the last validation", found, PRESENT, at=at)
        return
    yield model.says("days since the last validation, which cannot be ahead", found, at_least(0), at=at)
    what = f"days since the last validation of a model of tier {tier}"
    yield model.says(what, found, at_most(lasts.get(tier, min(lasts.values()))), at=at, mild=True)
