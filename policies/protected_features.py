"""FAIR-001: No model decides by a protected trait.

A column that says somebody's sex, race, religion, national origin, marital status, or whether they live on
public assistance, must not be an input: a model that has it treats people differently because of it,
whatever it was trained for. Such columns stay in the holdout, where they serve to audit.

Features are found by the words of their names, in any case, with any separator or none: `Native Country`,
`nativecountry`, `applicantsex` and `isFemale` are all found, and so is `race_time`, of which nobody can say
that it is no person's. `color`, `black`, `white` and `single` count only where nothing else is named:
`applicant_color`, but not `car_color`. A name with letters outside ASCII cannot be compared with the list
and is refused, since letters of other alphabets can look the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from releasectl.policy import NONE, Model, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import regulation_b
from releasectl.policy.featurenames import telling

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

# trait -> what says it, and what says it only where nothing else is named
TRAITS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "sex": (("sex", "gender", "female", "male", "woman", "women", "man"), ()),
    "race or colour": (
        ("race", "ethnicity", "ethnic", "skin color", "skin colour", "hispanic", "caucasian"),
        ("color", "colour", "black", "white", "asian", "latino", "latina"),
    ),
    "religion": (("religion", "religious", "faith", "denomination", "church"), ()),
    "national origin": (
        (
            "native country",
            "national origin",
            "nationality",
            "country of birth",
            "birth country",
            "place of birth",
            "birth place",
            "ancestry",
            "citizenship",
        ),
        (),
    ),
    "marital status": (
        (
            "marital",
            "married",
            "marriage",
            "civil status",
            "divorced",
            "widowed",
            "widow",
            "spouse",
            "husband",
            "wife",
            "wives",
            "relationship",
        ),
        ("single",),
    ),
    "public assistance": (("public assistance", "welfare", "food stamp", "social benefit"), ()),
}
_TELLS: Final = {trait: telling(*aliases) for trait, aliases in TRAITS.items()}


def judge_model(model: Model) -> Iterator[Seen]:
    names = [feature["name"] for feature in model.lock.features["features"]]
    for trait in TRAITS:
        found = [name for name in names if trait in traits_of(name)]
        yield model.says(f"features that tell the applicant's {trait}", found, NONE, at=("features",))
    strange = [name.encode("unicode_escape").decode() for name in names if not name.isascii()]
    yield model.says("feature names that are not plain ASCII", strange, NONE, at=("features",))


@lru_cache(maxsize=4096)  # models of a family share their columns
def traits_of(name: str) -> frozenset[str]:
    """The traits that a feature of this name tells."""
    return frozenset(trait for trait, tells in _TELLS.items() if tells(name))
