"""XAI-001: Whoever is refused is told why, in words that say something.

A creditor has to state the principal reasons of an adverse action, specifically; the official commentary
holds more than four for unhelpful, and "internal standards" or "failed to achieve a qualifying score" for
no reason at all. So every release has an explainer, every feature a text of words that an applicant can
read and that say more than "other" or "insufficient information", and in nine of ten denials the four
largest shortfalls of a person make up nine tenths of what weighed against them (the trainers measure it
by the commentary's method, on 400 denials of the holdout).

A reason that names a protected trait cannot be written: FAIR-001 keeps such features out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from releasectl.model import Json, Missing
from releasectl.policy import (
    NONE,
    Case,
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
    other_than,
)
from releasectl.policy.authorities import ADVERSE_ACTION, regulation_b

RULE = Rule(
    id="XAI-001",
    title="Whoever is refused is told why",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.RELEASE, Need.LOCK, Need.EVIDENCE),
    remedy=Remedy(
        "write a text for the feature under `reasons` in pipelines/<model>/card.yaml, and keep an explainer",
        before="reasons:\n  occupation: Internal standards",
        after="reasons:\n  occupation: Your occupation\n  hours-per-week: The hours you work in a week",
    ),
    authority=(regulation_b("1002.9(b)(2)"), ADVERSE_ACTION),
    owner="fair-lending",
    parameters=(
        Parameter("principal", 4, "reasons that a person is told at most", Looser.UP, 1, 8),
        Parameter("covered", 0.9, "share of denials that these reasons explain", Looser.DOWN, 0.5, 1),
    ),
    unwaivable=("production",),
)

_VAGUE: Final = re.compile(  # wherever they stand
    r"\b((internal|company|lending) (standards?|polic(y|ies)|criteria)|(qualifying|minimum|credit) score|"
    r"(our|the|proprietary) (model|algorithm|system))\b",
    re.IGNORECASE,
)
_NOTHING: Final = re.compile(  # if they are all there is: "insufficient income" is a reason
    r"\W*(other|various|insufficient|unknown|unspecified|miscellaneous|general|not applicable|n/?a)"
    r"( (reasons?|factors?|data|information|grounds?|causes?))?\W*",
    re.IGNORECASE,
)
SHORTEST: Final = 5
FEWER: Final = (
    "train on fewer columns, and on one of those that say the same, so that a few make up what weighs "
    "against a person; `reasons.named` in metrics.json tells which do now"
)
_WORD: Final = re.compile(r"[^\W\d_]{3,}")


def judge(case: Case, **_: Json) -> Iterator[Seen]:
    yield Seen("/explainer", "the explainer", case.release.explainer, other_than("none"))


def judge_model(model: Model, *, principal: int, covered: float) -> Iterator[Seen]:
    reasons, at = model.find("card", "reasons"), ("card", "reasons")
    if isinstance(reasons, Missing):
        yield model.says("texts that an applicant can read", reasons, NONE, at=at)
    else:
        yield from _texts(model, reasons)
    what = "reasons that the evidence counts as principal"
    yield model.seen(what, ("metrics", "reasons", "principal"), at_most(principal))
    what, share = (
        f"share of denials that {principal} reasons explain",
        ("metrics", "reasons", "covered_share"),
    )
    yield model.says(what, model.find(*share), at_least(covered), at=share, remedy=FEWER)


def _texts(model: Model, reasons: dict[str, str]) -> Iterator[Seen]:
    names, at = [feature["name"] for feature in model.lock.features["features"]], ("card", "reasons")
    silent = [name for name in names if not _readable(reasons.get(name, ""))]
    yield model.says("features without a text that an applicant can read", silent, NONE, at=at)
    vague = [name for name in names if name not in silent and _vague(reasons[name])]
    yield model.says("features whose text tells an applicant nothing", vague, NONE, at=at)


def _readable(text: str) -> bool:
    """Long enough, and with a word in it: three letters, not all of them the same."""
    return len(text.strip()) >= SHORTEST and any(len(set(word)) > 1 for word in _WORD.findall(text))


def _vague(text: str) -> bool:
    return bool(_VAGUE.search(text) or _NOTHING.fullmatch(text))
