"""FAIR-001: No model decides by a protected trait.

A column that says somebody's sex, race, religion, national origin, marital status, or whether they live on
public assistance, must not be an input: a model that has it treats people differently because of it,
whatever it was trained for. Such columns stay in the holdout, where they serve to audit.

Features are found by the words of their names, in any case and with any separator: `Native Country`,
`applicant_sex` and `isFemale` are all found. A name with letters outside ASCII cannot be compared with the
list and is refused, since letters of other alphabets can look the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from releasectl.policy import NONE, Case, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import regulation_b

RULE = Rule(
    id="FAIR-001",
    title="No model decides by a protected trait",
    severity=Severity.CRITICAL,
    default=Strictness.DENY,
    needs=(Need.LOCK,),
    remedy=Remedy(
        "train without these columns, and keep them in the holdout as audit columns",
        before="features:\n- {name: gender, type: categorical}\n- {name: age, type: numeric}",
        after="features:\n- {name: age, type: numeric}",
    ),
    authority=(regulation_b("1002.4(a)"), regulation_b("1002.6(b)(1), (b)(9)")),
    owner="fair-lending",
    unwaivable=("production",),
)

# trait -> words; words joined by a blank have to follow each other
TRAITS: Final[Mapping[str, tuple[str, ...]]] = {
    "sex": ("sex", "gender", "female", "male", "woman", "man"),
    "race or colour": ("race", "ethnicity", "ethnic", "skin color", "skin colour", "hispanic"),
    "religion": ("religion", "faith", "denomination", "church"),
    "national origin": (
        "native country",
        "national origin",
        "nationality",
        "country of birth",
        "birth country",
        "citizenship",
    ),
    "marital status": ("marital", "married", "marriage", "spouse", "husband", "wife", "relationship"),
    "public assistance": ("public assistance", "welfare", "food stamps", "social benefits"),
}
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


def judge(case: Case) -> Iterator[Seen]:
    for model in case.models:
        names = [feature["name"] for feature in model.lock.features["features"]]
        for trait in TRAITS:
            found = [name for name in names if trait in _told_by(name)]
            yield model.says(f"features that tell the applicant's {trait}", found, NONE, at=("features",))
        strange = [name.encode("unicode_escape").decode() for name in names if not name.isascii()]
        yield model.says("feature names that are not plain ASCII", strange, NONE, at=("features",))


@lru_cache(maxsize=4096)  # models of a family share their columns
def _told_by(name: str) -> frozenset[str]:
    """The traits that a feature of this name tells."""
    words = f" {' '.join(_WORDS.findall(name)).lower()} "
    return frozenset(
        trait for trait, aliases in TRAITS.items() if any(f" {alias} " in words for alias in aliases)
    )
