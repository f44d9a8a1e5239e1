"""FAIR-002: Age may count, never against the elderly.

A system that is empirically derived, demonstrably and statistically sound (EDDSS) may score age, if people
of 62 and over are not scored lower for it than the age that is scored highest. So the card has to vouch
for the system, and the evidence has to show the sign: `response` in metrics.json is the mean score of the
same 2,000 people, if all of them were of one age.

A feature tells an age if its name does (`applicantAge`, `agegroup`, `date_of_birth`, `dob`), unless it names
the thing whose age it is: `age_of_account` and `vehicle_age` are no person's, `account_holder_age` is.

The regulation allows no shortfall at all, so `tolerance` is 0 unless an environment says why it takes
more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from releasectl.model import Missing
from releasectl.policy import (
    ANYTHING,
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
    exactly,
)
from releasectl.policy.authorities import regulation_b
from releasectl.policy.featurenames import telling

RULE = Rule(
    id="FAIR-002",
    title="Age may count, never against the elderly",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.LOCK, Need.EVIDENCE),
    remedy=Remedy(
        "train without age, or with a constraint that keeps the score of 62 and over at the highest; and "
        "state "
        "`eddss` in pipelines/<model>/card.yaml once the validation says so",
        before="name: income\ntier: 1",
        after="name: income\ntier: 1\neddss: true",
    ),
    authority=(regulation_b("1002.2(o), (p), (v)"), regulation_b("1002.6(b)(2)")),
    owner="fair-lending",
    parameters=(
        Parameter("elderly", 62, "years from which somebody is elderly", Looser.UP, 18, 62),
        Parameter("tolerance", 0.0, "how much lower the mean score of the elderly may be", Looser.UP, 0, 0.2),
    ),
)

tells_age: Final = telling(
    (
        "age",
        "birth",
        "birthday",
        "birth date",
        "birth year",
        "date of birth",
        "year of birth",
        "dob",
        "yob",
        "elderly",
        "senior citizen",
    ),
    things=(
        *("account", "building", "business", "car", "card", "company", "credit", "file", "home", "house"),
        *("loan", "property", "vehicle"),
    ),
)


def judge_model(model: Model, *, elderly: int, tolerance: float) -> Iterator[Seen]:
    names = [feature["name"] for feature in model.lock.features["features"]]
    ages = [name for name in names if tells_age(name)]
    yield model.says("features that tell the applicant's age", ages, ANYTHING, at=("features",))
    if ages:
        what = "whether the card vouches for an empirically derived, statistically sound system"
        yield model.seen(what, ("card", "eddss"), exactly(True))
    for name in ages:
        what = f"what {name} takes from the mean score of people of {elderly} and over"
        found = shortfall(model, name, elderly)
        yield model.says(what, found, at_most(tolerance), at=("metrics", "response", name))


def shortfall(model: Model, name: str, elderly: int) -> float | Missing:
    """The highest mean score of any younger age, less the lowest of the elderly."""
    response = model.find("metrics", "response", name)
    if isinstance(response, Missing):
        return response
    ages, means = response["values"], response["mean_score"]
    if len(ages) != len(means):
        return Missing(f"metrics/response/{name} has {len(ages)} ages and {len(means)} scores")
    scores = list(zip(ages, means, strict=True))
    old = [score for age, score in scores if age >= elderly]
    young = [score for age, score in scores if age < elderly]
    if not old or not young:
        return Missing(f"metrics/response/{name} has no age on both sides of {elderly}")
    return float(round(max(0.0, max(young) - min(old)), 6))
