"""In which order a reviewer reads what a change does to its judge: the worst first, as lists are cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum
from typing import NamedTuple

from releasectl.letters import printable
from releasectl.policy import SEVERITIES, Notice, Severity


class Weight(IntEnum):
    """The heaviest first."""

    RULE = 0  # removed, edited or less strict, or nobody can tell
    REVOCATION = 1  # taken back
    FINDING = 2  # gone, milder or waived
    REACH = 3  # more counts as ours, or releases go elsewhere
    STRICTER = 4  # what will be denied
    WAIVER = 5
    OTHER = 6


class Weighed(NamedTuple):
    """A notice, and how much depends on it."""

    weight: Weight
    notice: Notice
    severity: Severity = Severity.INFO


def worst_first(found: Iterable[Weighed]) -> list[Notice]:
    """What weighs the same stays in its order; words of the files, as a reason, make no line of their own."""
    ordered = sorted(found, key=lambda each: (each.weight, -SEVERITIES.index(each.severity)))
    return [replace(each.notice, what=printable(each.notice.what)) for each in ordered]
