"""CARD-001: The model card says what a reviewer has to know.

What the model is for and what it is not for, its limits, who answers for it and how to reach them, how
much depends on it (the tier), who may overrule it and how it is switched off, which commits of data it was
trained and measured on, and what was measured. The trainers complete the card with what they measured;
people write the rest in `pipelines/<model>/card.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from releasectl.policy import (
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
    exactly,
)
from releasectl.policy.authorities import MODEL_RISK, ai_act

RULE = Rule(
    id="CARD-001",
    title="The model card says what a reviewer has to know",
    severity=Severity.MEDIUM,
    default=Strictness.DENY,
    needs=(Need.LOCK, Need.EVIDENCE),
    remedy=Remedy(
        "complete pipelines/<model>/card.yaml, and train again",
        before="purpose: Scoring",
        after="purpose: >-\n  Estimate whether a person's income exceeds 50,000 dollars a year, as one "
        "input to the "
        "first offer\n  in an application for consumer credit.",
    ),
    authority=(MODEL_RISK, ai_act("Article 11, Annex IV; Article 14")),
    owner="model-risk",
    parameters=(Parameter("words", 5, "that a purpose or a limitation takes at least", Looser.DOWN, 3),),
)

TEXTS: Final = (
    ("purpose",),
    ("human_oversight", "override"),
    ("human_oversight", "kill_switch"),
)
NAMED: Final = (("owner",), ("contact",), ("tier",), ("out_of_scope",), ("limitations",), ("metrics",))
COMMITS: Final = (("training_data", "commit"), ("holdout", "commit"))


def judge_model(model: Model, *, words: int) -> Iterator[Seen]:
    telling = Limit(f"at least {words} words", lambda text: len(str(text).split()) >= words)
    for path in TEXTS:
        yield model.seen(f"{' '.join(path)} of the card", ("card", *path), telling)
    for path in (*NAMED, *COMMITS):
        yield model.seen(f"{' '.join(path)} of the card", ("card", *path), PRESENT)
    yield model.seen("groups that were measured", ("groups", "traits"), PRESENT)
    names = [feature["name"] for feature in model.lock.features["features"]]
    yield model.seen("features of the card", ("card", "features"), exactly(names))
