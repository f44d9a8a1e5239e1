"""FAIR-001: No model decides by a protected trait.

A column that says somebody's sex, race, religion, national origin, marital status, or whether they live on
public assistance, must not be an input: a model that has it treats people differently because of it,
whatever it was trained for. Such columns stay in the holdout, where they serve to audit.

Features are found by the words of their names, in any case, with any separator or none: `Native Country`,
`nativecountry`, `applicantsex`, `s_e_x` and `isFemale` are all found, and so is `race_time`, of which
nobody can say that it is no person's. `color`, `black`, `white`, `single` and `country` count only where
nothing else is named: `applicant_color`, but not `car_color`. `title`, `partner`, `snap` and the like are
found bare, or with whose they are: `customer_title`, but not `title_loan`, `title_status` or
`partner_id`. The list is no proof: what a feature of any name tells of a trait is measured by FAIR-003. A
name with letters outside ASCII cannot be compared with the list and is refused, since letters of other
alphabets can look the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

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


class Names(NamedTuple):
    """What says a trait in any name, where nothing else is named, and where not even a form is."""

    aliases: tuple[str, ...]
    alone: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()


TRAITS: Final[Mapping[str, Names]] = {
    "sex": Names(
        (
            *("sex", "gender", "gndr", "female", "male", "woman", "women", "man", "pregnant", "pregnancy"),
            *("maternity", "salutation", "mr mrs", "first name", "forename", "given name"),
        ),
        bare=("fem", "mf", "title"),
    ),
    "race or colour": Names(
        (
            *("race", "racial", "ethnicity", "ethnic", "skin color", "skin colour", "skin tone", "hispanic"),
            *("caucasian", "tribe", "tribal", "caste", "indigenous", "aboriginal", "native american"),
        ),
        alone=("color", "colour", "black", "white", "asian", "latino", "latina"),
    ),
    "religion": Names(
        (
            *("religion", "religious", "faith", "denomination", "church", "mosque", "synagogue", "muslim"),
            *("catholic", "protestant", "christian", "jewish", "hindu", "buddhist"),
        )
    ),
    "national origin": Names(
        (
            *("native country", "national origin", "nationality", "country of birth", "birth country"),
            *("place of birth", "birth place", "country of origin", "ancestry", "citizenship", "immigrant"),
            *("immigration", "refugee", "foreigner", "foreign born", "surname", "last name", "family name"),
            *("native language", "first language", "mother tongue"),
        ),
        alone=("country",),
    ),
    "marital status": Names(
        (
            *("marital", "married", "marriage", "mar stat", "civil status", "divorced", "widowed", "widow"),
            *("spouse", "spousal", "husband", "wife", "wives", "relationship", "relship", "maiden name"),
            *("household role", "cohabiting"),
        ),
        alone=("single",),
        bare=("partner",),
    ),
    "public assistance": Names(
        (
            *("public assistance", "welfare", "food stamp", "social benefit", "tanf", "medicaid"),
            *("snap benefit", "ssi benefit", "ssi income", "supplemental security", "social security income"),
            *("social security benefit", "unemployment benefit", "unemployment compensation"),
            *("housing assistance", "rent assistance", "rental assistance"),
        ),
        bare=("snap", "ssi"),
    ),
}
_TELLS: Final = {trait: telling(*names) for trait, names in TRAITS.items()}


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
