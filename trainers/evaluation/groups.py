"""`groups.json`: how the model treats groups of people, and which features stand in for a trait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss

from trainers.common.columns import BY_NAME, MISSING
from trainers.common.table import Table
from trainers.evaluation.disparity import against, gaps
from trainers.evaluation.performance import THRESHOLD
from trainers.evaluation.statistics import (
    Array,
    Labels,
    auc,
    cells,
    mutual_information,
    one_feature_auc,
    wilson,
)

UNKNOWN = "unknown"
SIZEABLE = 100  # rows from which a group's rate is worth comparing

Values = NDArray[np.generic]


def as_stated(values: Values) -> list[str]:
    return [UNKNOWN if value == MISSING else str(value) for value in values]


def age_band(values: Values) -> list[str]:
    """62 is where US credit law begins to speak of the elderly, 40 where employment law does."""
    edges = ((25, "under 25"), (40, "25-39"), (62, "40-61"))
    return [next((name for edge, name in edges if float(value) < edge), "62 and over") for value in values]


def origin(values: Values) -> list[str]:
    """42 countries, most with a handful of rows: too few to compare one by one."""
    return [name if name in ("United-States", UNKNOWN) else "elsewhere" for name in as_stated(values)]


# trait -> (column of the holdout, how its values become groups)
TRAITS: dict[str, tuple[str, Callable[[Values], list[str]]]] = {
    "gender": ("gender", as_stated),
    "race": ("race", as_stated),
    "marital-status": ("marital-status", as_stated),
    "age-band": ("age", age_band),
    "native-country": ("native-country", origin),
}
PROXIED = tuple(trait for trait, (column, _) in TRAITS.items() if BY_NAME[column].role == "sensitive")


def groups(holdout: Table, features: list[str], scores: Array) -> dict[str, Any]:
    members = {trait: np.array(split(holdout.columns[column])) for trait, (column, split) in TRAITS.items()}
    return {
        "format": "groups/1",
        "rows": len(holdout),
        "threshold": THRESHOLD,
        "traits": {trait: of_trait(trait, each, holdout.labels, scores) for trait, each in members.items()},
        "proxies": {
            name: {trait: proxy(holdout, name, members[trait]) for trait in PROXIED} for name in features
        },
    }


def of_trait(trait: str, members: NDArray[np.str_], labels: Labels, scores: Array) -> dict[str, Any]:
    """The reference is the group of 100 rows or more that is selected most; "unknown" is no group."""
    names = sorted(set(members.tolist()))
    measured = {name: of_group(labels[members == name], scores[members == name]) for name in names}
    known = {name: each for name, each in measured.items() if name != UNKNOWN}
    sizeable = {name: each for name, each in known.items() if each["rows"] >= SIZEABLE}
    reference = max(sizeable, key=lambda name: (sizeable[name]["selection_rate"], name), default=None)
    for each in measured.values():
        each |= against(each, measured[reference] if reference else None)
    return {
        "column": TRAITS[trait][0],
        "unknown_share": float((members == UNKNOWN).mean()),
        "reference": reference,
        "groups": measured,
        "gaps": gaps(known),
    }


def of_group(labels: Labels, scores: Array) -> dict[str, Any]:
    """Counts first: rates, intervals and tests of a rule's own can be had from them."""
    selected = scores >= THRESHOLD
    positives, negatives = int(labels.sum()), int((1 - labels).sum())
    caught, wrong = int((selected & (labels == 1)).sum()), int((selected & (labels == 0)).sum())
    return {
        "rows": len(labels),
        "positives": positives,
        "selected": int(selected.sum()),
        "selected_positives": caught,
        "label_rate": float(labels.mean()),
        "mean_score": float(scores.mean()),
        "selection_rate": float(selected.mean()),
        "selection_rate_interval": wilson(int(selected.sum()), len(labels)),
        "true_positive_rate": caught / positives if positives else None,
        "true_positive_rate_interval": wilson(caught, positives),
        "false_positive_rate": wrong / negatives if negatives else None,
        "false_positive_rate_interval": wilson(wrong, negatives),
        "accuracy": float((selected == (labels == 1)).mean()),
        "roc_auc": auc(labels, scores),
        "brier_score": float(brier_score_loss(labels, scores)) if 0 < positives < len(labels) else None,
    }


def proxy(holdout: Table, feature: str, members: NDArray[np.str_]) -> dict[str, Any]:
    """How well a feature alone predicts a trait: the sizeable group that it tells best from the rest."""
    places = cells(holdout.columns[feature], BY_NAME[feature].numeric)
    best: dict[str, Any] = {"group": None, "auc": 0.5, "mutual_information": 0.0}
    for name in sorted(set(members.tolist())):
        inside = (members == name).astype(np.int64)
        if SIZEABLE <= inside.sum() <= len(inside) - SIZEABLE:
            found = one_feature_auc(places, inside) or 0.5
            if found > best["auc"]:
                information = mutual_information(places, inside)
                best = {"group": name, "auc": found, "mutual_information": information}
    return best
