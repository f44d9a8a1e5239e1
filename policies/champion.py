"""PERF-001: A challenger is no worse than the champion.

Both models were measured on the same frozen holdout, so they are compared row by row: the lower end of the
95 % interval of the difference of their ROC AUCs has to be above -`margin` (non-inferiority). A model that
replaces none has nobody to beat.

The variance of the difference is DeLong's for correlated areas (DeLong, DeLong and Clarke-Pearson,
Biometrics 44, 1988), out of the placements that the trainers compute: over the rows of each class, the
variance of the differences of both models' placements, divided by the number of rows. It agrees with the
paired bootstrap (tests/trainers/test_statistics.py), and is the same for everybody who computes it.
Placements in other steps, or of other rows, cannot be compared.
"""

from __future__ import annotations

import sys
from array import array
from base64 import b64decode
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import sqrt

from releasectl.model import Json, Missing
from releasectl.policy import (
    PRESENT,
    First,
    Looser,
    Model,
    Need,
    Parameter,
    Remedy,
    Rule,
    Seen,
    Severity,
    Strictness,
    at_least,
    exactly,
)
from releasectl.policy.authorities import COMPANY, MODEL_RISK

RULE = Rule(
    id="PERF-001",
    title="A challenger is no worse than the champion",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.EVIDENCE, Need.HISTORY),
    remedy=Remedy(
        "keep the champion; find out what the challenger's data or training lost",
        before="model: <a commit with ROC AUC 0.62>",
        after="model: <the champion, with ROC AUC 0.87>",
    ),
    authority=(MODEL_RISK, COMPANY),
    owner="model-risk",
    parameters=(
        Parameter("margin", 0.005, "of ROC AUC that the challenger may be worse by", Looser.UP, 0, 0.05),
    ),
)

Z = 1.959964  # two-sided 95 %
LABEL = 1 << 15  # the highest bit of a row's word; below it is the placement


def judge_model(model: Model, *, margin: float) -> Iterator[Seen]:
    champion = model.champion
    if isinstance(champion, First):
        yield model.says("difference of the ROC AUC to the champion's", champion.reason, PRESENT)
        return
    mine = model.find("placements")
    theirs = champion if isinstance(champion, Missing) else champion.find("placements")
    if isinstance(mine, Missing) or isinstance(theirs, Missing):
        absent = mine if isinstance(mine, Missing) else theirs
        yield model.says("difference of the ROC AUC to the champion's", absent, PRESENT)
        return
    at = ("placements", "holdout_sha256")
    same = mine["holdout_sha256"] == theirs["holdout_sha256"]
    yield model.says("whether both were measured on the same holdout", same, exactly(True), at=at)
    if same:
        yield _compared(model, mine, theirs, margin)


def _compared(model: Model, mine: Json, theirs: Json, margin: float) -> Seen:
    found = compared(mine, theirs)
    if isinstance(found, Missing):
        return model.says("difference of the ROC AUC to the champion's", found, PRESENT, at=("placements",))
    value, error = found
    what = f"lower end of the interval of the ROC AUC less the champion's ({value:+.4f})"
    return model.says(what, round(value - Z * error, 6), at_least(-margin), at=("placements",))


def words(rows_base64: str) -> Sequence[int]:
    """The 16-bit words, as they are or swapped to this machine's order."""
    found = array("H", b64decode(rows_base64))
    if sys.byteorder == "little":
        found.byteswap()
    return found


def compared(mine: Json, theirs: Json) -> tuple[float, float] | Missing:
    """The difference of the models' ROC AUCs and its standard error, out of their placements."""
    if mine["steps"] != theirs["steps"]:
        steps = f"{mine['steps']} and {theirs['steps']}"
        return Missing(f"the two models' placements are counted in other steps: {steps}")
    return _difference(mine["rows_base64"], theirs["rows_base64"], mine["steps"])


@lru_cache(maxsize=1024)  # the same two models meet in every release and environment that tries them
def _difference(mine: str, theirs: str, steps: int) -> tuple[float, float] | Missing:
    return difference(words(mine), words(theirs), steps)


def difference(mine: Sequence[int], theirs: Sequence[int], steps: int) -> tuple[float, float] | Missing:
    """Of two ROC AUCs on the same rows, with its standard error."""
    by_class: tuple[list[int], list[int]] = ([], [])
    for one, other in zip(mine, theirs, strict=False):
        if (one ^ other) & LABEL:
            return Missing("the two models were measured on other labels")
        by_class[one >> 15].append((one & ~LABEL) - (other & ~LABEL))
    if len(mine) != len(theirs) or min(map(len, by_class)) < 2:
        return Missing("the two models were measured on other rows")
    variance = sum(_variance(each) / len(each) for each in by_class)
    return sum(by_class[1]) / len(by_class[1]) / steps, sqrt(variance) / steps


def _variance(values: Sequence[int]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)
