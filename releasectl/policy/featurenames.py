"""What the name of a feature says of a person, in any spelling: CivilStatus, civil_status, civilstatus."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Final

LONG: Final = 6  # letters from which an alias is found inside of longer words, too
# Two readings, since capitals may be a word of their own: `GENDERcode`, and `XMLNode`.
_READINGS: Final = tuple(
    re.compile(capitals + r"|[A-Z]?[a-z]+|[0-9]+") for capitals in ("[A-Z]+(?![a-z])", "[A-Z]{2,}")
)
_WHOSE: Final = (
    "applicant|borrower|client|customer|cust|debtor|employee|guarantor|holder|member|owner|person|user|"
    "head|spouse|co|has|is|the"
)
_FORM: Final = (
    "band|bin|bracket|bucket|category|cat|class|code|cd|encoded|flag|group|grp|id|in|indicator|ind|num|"
    "range|status|type|value|years|year|yrs|[0-9]+(?![0-9])"
)
_NEVER: Final = "(?!)"
# Words inside of which an alias lies and means nothing.
_BY_CHANCE: Final = re.compile("(?<= )(?:churchill|engender|espouse|espousal|husbandry)s?(?= )")
_SPELLED: Final = re.compile("(?<= )(?:[a-z] ){2,}")  # `s_e_x`


def telling(
    aliases: Collection[str],
    alone: Collection[str] = (),
    bare: Collection[str] = (),
    things: Collection[str] = (),
) -> Callable[[str], bool]:
    """Whether a feature of that name tells what one of `aliases` says of a person.

    An alias is one word or several, in the singular. It is found among the words of the name; run together
    with words that say whose it is, or in which form (`applicantsex`, `agegroup`); and, if it is long,
    anywhere. One of `alone` counts only if no other word stands beside it but those, one of `bare` only if
    not even its form does. What one of `things` has is not said of a person: `loan_age`, `age_of_loan`.
    """
    words, long = _either(aliases), _either([each for each in aliases if len(each.replace(" ", "")) >= LONG])
    found = [f" (?:{_WHOSE})*(?:{words})(?:{_FORM})* "]
    if alone:
        found.append(f"^ (?:(?:{_WHOSE}) ?)*(?:{_either(alone)})(?: ?(?:{_FORM}))* $")
    if bare:
        found.append(f"^ (?:(?:{_WHOSE}) ?)*(?:{_either(bare)}) $")
    word, inside = re.compile("|".join(found)), re.compile(long or _NEVER)
    others = re.compile(_owned(words, _either(things)) if things else _NEVER)

    @lru_cache(maxsize=4096)  # models of a family share their columns
    def tells(name: str) -> bool:
        for reading in _READINGS:
            spelled = f" {' '.join(reading.findall(name)).lower()} "
            text = others.sub("", _SPELLED.sub(_together, spelled))
            if word.search(text) or inside.search(_BY_CHANCE.sub("", text).replace(" ", "")):
                return True
        return False

    return tells


def _together(letters: re.Match[str]) -> str:
    return letters[0].replace(" ", "") + " "


def _owned(words: str, things: str) -> str:
    return f"(?<= )(?:(?:{things}) (?:{words})|(?:{words}) of (?:the )?(?:oldest )?(?:{things}))(?= )"


def _either(aliases: Collection[str]) -> str:
    """Each with or without the blanks, in the singular or the plural."""
    return "|".join(map(_numbers, sorted(aliases, key=len, reverse=True)))


def _numbers(alias: str) -> str:
    spaced = alias.replace(" ", " ?")
    return f"{spaced[:-1]}(?:y|ies)" if alias.endswith("y") else f"{spaced}(?:e?s)?"
