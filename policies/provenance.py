"""DATA-002: Somebody vouches for where the data came from.

The card of a model lists the datasets that somebody vouches for, by the digest of the file: supplier,
contract, licence, when the data were collected, and what they may be used for. Training data that are not
in that list, or an entry that says "not stated", "none" or "TBA", have no provenance, and nobody can say
whether they may be used. "none, published" says why there is no contract, and is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from releasectl.model import Missing
from releasectl.policy import Limit, Model, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY, MODEL_RISK

RULE = Rule(
    id="DATA-002",
    title="Somebody vouches for where the data came from",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE,),
    remedy=Remedy(
        "ask the supplier, and complete the entry of the dataset in pipelines/<model>/card.yaml",
        before="- sha256: 97ed47...\n  name: v2\n  supplier: Lookalike Data Ltd\n  collected: not stated",
        after="- sha256: 97ed47...\n  name: v2\n  supplier: Lookalike Data Ltd\n  collected: 2023-01 to "
        "2023-06",
    ),
    authority=(MODEL_RISK, COMPANY),
    owner="data-stewards",
)

_VAGUE: Final = re.compile(  # no letter or digit; one of these words alone; one of those anywhere
    r"[\W_]*|[\W_]*(none|nothing|nil|null|no|pending|any)[\W_]*|"
    r".*\b(not (stated|known|given|available|disclosed)|undisclosed|unstated|unspecified|unknown|unclear|"
    r"n/?a|tb[acd]|to be (announced|agreed|confirmed|defined|determined|done)|todo)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_DATED: Final = re.compile(r".*\b(19|20)[0-9]{2}\b.*")

STATED: Final = Limit("stated", lambda value: not _VAGUE.fullmatch(str(value)))
DATED: Final = Limit(
    "a year or dates", lambda value: STATED.holds(value) and bool(_DATED.fullmatch(str(value)))
)


def judge_model(model: Model) -> Iterator[Seen]:
    at = ("card", "training_data", "provenance")
    found = model.find(*at)
    if isinstance(found, Missing):
        reason = Missing(f"the card lists no dataset with the digest of the training data ({found.reason})")
        yield model.says("who vouches for the training data", reason, STATED, at=at)
        return
    for key in ("supplier", "contract", "licence", "permitted_purpose"):
        words = key.replace("_", " ")
        yield model.says(f"{words} of the training data", found[key], STATED, at=(*at, key))
    yield model.says(
        "when the training data were collected", found["collected"], DATED, at=(*at, "collected")
    )
