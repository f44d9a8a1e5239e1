"""Which units go live together: a SeldonDeployment with its detectors, all at once or none. Pure.

Seldon itself switches each on its own. Here what is live of a deployment is replaced as a whole, once all
that is wanted instead is ready: model, explainer and detectors. Until then what was live stays so, even a
detector that has been deleted to be created anew.

A client changes a deployment and its detectors by several calls, and may die between two of them. So a model
whose detectors are those of the commit that serves now is held back until they have followed, or are gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from releasectl.sandbox.seldon.values import Commitment, Unit, group_of


@dataclass(frozen=True, slots=True)
class Step:
    """What is live from now on; the deployments that are not yet as they are wanted; why, if that is news."""

    live: Mapping[str, Commitment]
    pending: frozenset[str]
    held: Mapping[str, str]


def lockstep(
    units: Mapping[str, Unit], live: Mapping[str, Commitment], complete: Callable[[Unit], bool]
) -> Step:
    """`complete` says whether every server of a unit is ready."""
    groups: dict[str, list[Unit]] = defaultdict(list)
    for unit in units.values():
        groups[unit.group].append(unit)
    found = {unit: commitment for unit, commitment in live.items() if group_of(unit) in units}
    pending, held = set[str](), dict[str, str]()
    for group, members in groups.items():
        slow = frozenset(unit.id for unit in members if not complete(unit))
        if reason := _held(group, members, live) or _waits(group, slow):
            held[group] = reason
        if reason or slow:
            pending.add(group)
            continue
        for gone in [unit for unit in found if group_of(unit) == group and unit not in units]:
            del found[gone]
        found |= {unit.id: Commitment.of(unit) for unit in members}
    return Step(found, frozenset(pending), held)


def _held(group: str, members: Sequence[Unit], live: Mapping[str, Commitment]) -> str:
    """Why a deployment may not go live: its new model would be judged by the detectors of its old one."""
    old = live[group].commit if group in live else ""
    new = next((unit.commit for unit in members if unit.id == group), "")
    if not old or not new or old == new:
        return ""
    behind = [
        unit.id
        for unit in members
        if unit.id != group and unit.commit == old and unit.id in live and live[unit.id].commit == old
    ]
    if not behind:
        return ""
    return (
        f"waits for its detectors {_names(behind)}, which are of {old}: a model and its detectors go live "
        f"together, so replace them by those of {new}, or delete them; until then {old} answers"
    )


def _waits(group: str, slow: Collection[str]) -> str:
    """Why a deployment whose own servers are ready is not live."""
    if not slow or group in slow:
        return ""
    return (
        f"waits for its detectors {_names(slow)}, which are not ready: a model and its detectors go live "
        "together; if they stay so, their own status says why, and without them it goes live at once"
    )


def _names(detectors: Collection[str]) -> str:
    return ", ".join(sorted(detector.rpartition("/")[2] for detector in detectors))
