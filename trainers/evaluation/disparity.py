"""Groups side by side: selection-rate ratios against the group selected most, and gaps in error rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainers.evaluation.statistics import difference_interval, ratio_interval, same_share

COUNTED = 30  # positives (negatives) from which a group's true (false) positive rate is worth comparing

Group = Mapping[str, Any]


def against(group: Group, reference: Group | None) -> dict[str, Any]:
    """How often the group is selected for each time the reference is, and by how much outcomes differ."""
    if reference is None or not reference["selected"]:
        return dict.fromkeys(
            (
                "selection_rate_ratio",
                "selection_rate_ratio_interval",
                "selection_rate_p",
                "label_rate_ratio",
            )
        )
    counts = group["selected"], group["rows"], reference["selected"], reference["rows"]
    outcome = group["label_rate"] / reference["label_rate"] if reference["label_rate"] else None
    return {
        "selection_rate_ratio": group["selection_rate"] / reference["selection_rate"],
        "selection_rate_ratio_interval": ratio_interval(*counts),
        "selection_rate_p": same_share(*counts),
        "label_rate_ratio": outcome,
    }


def gaps(groups: Mapping[str, Group]) -> dict[str, Any]:
    """By error rate, the two groups that are furthest apart; null if fewer than two can be compared."""
    positives = {name: (each["selected_positives"], each["positives"]) for name, each in groups.items()}
    negatives = {
        name: (each["selected"] - each["selected_positives"], each["rows"] - each["positives"])
        for name, each in groups.items()
    }
    return {"true_positive_rate": gap(positives), "false_positive_rate": gap(negatives)}


def gap(counts: Mapping[str, tuple[int, int]]) -> dict[str, Any] | None:
    rates = {name: hits / total for name, (hits, total) in counts.items() if total >= COUNTED}
    if len(rates) < 2:
        return None
    ordered = sorted(rates, key=lambda name: (rates[name], name))
    lowest, highest = ordered[0], ordered[-1]
    both = (*counts[highest], *counts[lowest])
    return {
        "highest": highest,
        "lowest": lowest,
        "gap": rates[highest] - rates[lowest],
        "interval": difference_interval(*both),
        "p": same_share(*both),
    }
