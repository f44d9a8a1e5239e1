"""A comparison -> the file that SHAD-001 reads: what a trial has shown, for whoever reviews its promotion."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from releasectl.compare.thresholds import Thresholds
from releasectl.compare.values import Comparison, Criterion
from releasectl.errors import InvalidInput
from releasectl.model import Json, Missing, Release, Repository
from releasectl.yamltext import dump_yaml

HEADER = """\
# yaml-language-server: $schema=../../../comparison.schema.json
# Written by `releasectl compare --record`; do not edit.
"""


def path_of(repository: Repository, release: Release, found: Comparison) -> str:
    """The file of a trial, relative to the root: where it has a record, that is written anew."""
    target = f"{release.environment}/{release.name}"
    records = repository.comparisons.get(target, {}).get(found.candidate, {})
    if found.strategy in records:
        return records[found.strategy].file
    return f"releases/comparisons/{target}/{found.candidate}.{found.strategy}.yaml"


def dump(release: Release, limits: Thresholds, found: Comparison) -> str:
    """`limits` are those of the comparison. Raises InvalidInput where there is nothing to record yet."""
    if isinstance(found.first, Missing) or isinstance(found.last, Missing):
        raise InvalidInput.at(
            found.candidate,
            "no request was answered by both models, there is nothing to record",
            "send some: releasectl traffic TARGET/NAME",
        )
    itself = found.noise.agreement
    return HEADER + dump_yaml(
        {
            "format": "comparison/2",
            "environment": release.environment,
            "release": release.name,
            "strategy": found.strategy,
            "model": found.stable,
            "candidate": found.candidate,
            "first": moment(found.first),
            "last": moment(found.last),
            "traffic": {
                side: {"requests": asked.requests, "decisions": asked.decisions, "distinct": asked.distinct}
                for side, asked in zip(("model", "candidate"), found.traffic, strict=True)
            },
            "verdict": str(found.verdict),
            "reasons": list(found.reasons),
            "criteria": {each.name: criterion(each) for each in found.criteria},
            "distributions": "scores" if isinstance(found.psi, Missing) else found.psi.of,
            **({} if isinstance(itself, Missing) else {"itself": asdict(itself)}),
            "thresholds": thresholds(limits),
        }
    )


def moment(time: datetime) -> str:
    """A time as the file writes it, to the second."""
    return time.isoformat(timespec="seconds")


def criterion(found: Criterion) -> dict[str, Json]:
    """An entry of the file; without `measured` if nothing was."""
    entry: dict[str, Json] = {"finding": str(found.finding), "reason": found.reason}
    return entry if isinstance(found.measured, Missing) else entry | {"measured": asdict(found.measured)}


def thresholds(limits: Thresholds) -> dict[str, Json]:
    """Every parameter of SHAD-001; null where one has no value."""
    return {**asdict(limits), "required": list(limits.required)}
