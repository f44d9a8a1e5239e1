"""What a rule wants of a value, in words and as a test."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from releasectl.letters import visible
from releasectl.model import Json

SHOWN = 6  # members of a list that are named one by one
ROUNDING = 1e-9  # a value that is the limit as written may differ from it in the last bit


class Limit(NamedTuple):
    """`words` complete "wanted is ..."; `holds` is the test of a value that was found."""

    words: str
    holds: Callable[[Any], bool]


_once = lru_cache(maxsize=256, typed=True)  # rules ask for the same few bounds in every release


@_once
def at_least(bound: float) -> Limit:
    """The bound itself holds, whatever its last bit."""
    return Limit(f"at least {show(bound)}", lambda value: value >= bound - ROUNDING)


@_once
def at_most(bound: float) -> Limit:
    """The bound itself holds, whatever its last bit."""
    return Limit(f"at most {show(bound)}", lambda value: value <= bound + ROUNDING)


@_once
def below(bound: float) -> Limit:
    """The bound itself does not hold."""
    return Limit(f"below {show(bound)}", lambda value: value < bound)


def between(low: float, high: float) -> Limit:
    """Both ends hold."""
    return Limit(f"{show(low)} to {show(high)}", lambda value: low - ROUNDING <= value <= high + ROUNDING)


def exactly(wanted: Json) -> Limit:
    """This value and no other."""
    return Limit(show(wanted), lambda value: value == wanted)


def other_than(unwanted: Json) -> Limit:
    """Any value but this one."""
    return Limit(f"other than {show(unwanted)}", lambda value: value != unwanted)


def another_team(than: str) -> Limit:
    """Another name, not the same one in other punctuation."""
    return Limit(f"a team other than {than}", lambda value: _letters(value) != _letters(than))


def _letters(name: str) -> str:
    return re.sub("[._-]", "", name)


def among(choices: Collection[str]) -> Limit:
    """One of these texts."""
    return Limit(f"one of {', '.join(choices)}", lambda value: value in choices)


def by_chance(p: float) -> Limit:
    """Any value: what is rarer than `p` by chance alone has not been seen."""
    return Limit(f"anything, as chance explains it: p {show(p)}", lambda _: True)


NONE: Final = Limit("none", lambda value: not value)
PRESENT: Final = Limit("something", lambda value: not _blank(value) and value not in ([], {}))
ANYTHING: Final = Limit("anything", lambda _: True)
NOTHING: Final = Limit("", lambda _: False)  # for what says already what is wrong


def show(value: Json) -> str:
    """A value in a few characters that are what they look like; of a block of fields, their names."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return show(list(value))
    if isinstance(value, list | tuple):
        rest = f" and {len(value) - SHOWN} more" if len(value) > SHOWN else ""
        return ", ".join(show(item) for item in value[:SHOWN]) + rest or "none"
    return "nothing" if _blank(value) else visible(str(value))


def _blank(value: Json) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
