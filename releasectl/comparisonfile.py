"""A comparison -> the file that SHAD-001 reads: what a trial has shown, for whoever reviews its promotion."""

from __future__ import annotations

from datetime import datetime

from releasectl.compare.values import Comparison, Criterion
from releasectl.errors import InvalidInput
from releasectl.model import Json, Missing, Release
from releasectl.yamltext import dump_yaml

HEADER = """\
# yaml-language-server: $schema=../../../comparison.schema.json
# Written by `releasectl compare --record`; do not edit.
"""


def path_of(release: Release, candidate: str) -> str:
    """The file of a candidate's trial, relative to the root."""
    return f"releases/comparisons/{release.environment}/{release.name}/{candidate}.yaml"


def dump(found: Comparison) -> str:
    """Raises InvalidInput where there is nothing to record yet."""
    if isinstance(found.first, Missing) or isinstance(found.last, Missing):
        raise InvalidInput.at(
            found.candidate,
            "no request was answered by both models, there is nothing to record",
            "send some: releasectl traffic TARGET/NAME",
        )
    return HEADER + dump_yaml(
        {
            "format": "comparison/1",
            "strategy": found.strategy,
            "model": found.stable,
            "candidate": found.candidate,
            "requests": found.traffic[1].requests,
            "first": moment(found.first),
            "last": moment(found.last),
            "verdict": str(found.verdict),
            "reasons": list(found.reasons),
            "criteria": [criterion(each) for each in found.criteria],
        }
    )


def moment(time: datetime) -> str:
    """A time as the file writes it, to the second."""
    return time.isoformat(timespec="seconds")


def criterion(found: Criterion) -> dict[str, Json]:
    """An entry of the file; without `value`, `low` and `high` if nothing was measured."""
    entry: dict[str, Json] = {
        "name": found.name,
        "finding": str(found.finding),
        "limit": found.limit,
        "n": found.n,
        "minimum": found.minimum,
        "reason": found.reason,
    }
    if not isinstance(found.measured, Missing):
        measured = found.measured
        entry |= {"value": measured.value, "low": measured.low, "high": measured.high}
    return entry
