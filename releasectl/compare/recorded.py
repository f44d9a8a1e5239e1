"""A recorded comparison judged anew: what its numbers say by other limits, whatever it says of itself."""

from __future__ import annotations

from collections.abc import Mapping

from releasectl.compare.asked import Design, bins, question
from releasectl.compare.criteria import agreement, judge
from releasectl.compare.thresholds import Thresholds
from releasectl.compare.values import PAIRED, Criterion, Estimate
from releasectl.model import Json, Missing


def judged(record: Json, limits: Thresholds, classes: int) -> Mapping[str, Criterion]:
    """The criteria of a file that has passed its schema; `classes` is how many the model has."""
    design = Design(_ratio(record), bins(limits, record["distributions"], classes))
    asked = {
        name: question(name, _estimate(each), limits, design) for name, each in record["criteria"].items()
    }
    found = {name: judge(each, limits) for name, each in asked.items()}
    if "agreement" in asked:
        itself = _estimate({"measured": record.get("itself"), "reason": "no row came again"})
        found["agreement"] = agreement(asked["agreement"], itself, found.get("accuracy"), limits)
    return found


def _ratio(record: Json) -> float:
    model, candidate = (record["traffic"][side]["distinct"] for side in ("model", "candidate"))
    return 1.0 if record["strategy"] in PAIRED or not model or not candidate else model / candidate


def _estimate(criterion: Mapping[str, Json]) -> Estimate | Missing:
    measured = criterion.get("measured")
    return Missing(criterion["reason"]) if measured is None else Estimate(**measured)
