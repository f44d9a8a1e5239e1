"""Statistics of the evidence that scikit-learn does not have: intervals, calibration, one-feature AUC."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import fisher_exact, rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

Z = 1.959964  # two-sided 95 %
BINS = 20

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def wilson(successes: int, total: int) -> list[float] | None:
    """95 % interval of a share; unlike the textbook one it stays inside 0..1 for small groups."""
    if total == 0:
        return None
    share, z2 = successes / total, Z * Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return [max(0.0, middle - half), min(1.0, middle + half)]


def ratio_interval(hits: int, total: int, other_hits: int, other_total: int) -> list[float] | None:
    """95 % interval of the ratio of two shares, by its logarithm (Katz and others, Biometrics 34, 1978).

    Half a case is added to each side where one has none, as Walter does (Biometrika 62, 1975).
    """
    if total == 0 or other_total == 0:
        return None
    half = 0.0 if hits and other_hits else 0.5
    a, n, b, m = hits + half, total + half, other_hits + half, other_total + half
    width = Z * math.sqrt(1 / a - 1 / n + 1 / b - 1 / m)
    return [a / n / (b / m) * math.exp(-width), a / n / (b / m) * math.exp(width)]


def difference_interval(hits: int, total: int, other_hits: int, other_total: int) -> list[float] | None:
    """95 % interval of the difference of two shares, out of Wilson's (Newcombe, Stat. Med. 17, 1998)."""
    one, other = wilson(hits, total), wilson(other_hits, other_total)
    if one is None or other is None:
        return None
    p, q = hits / total, other_hits / other_total
    low = p - q - math.hypot(p - one[0], other[1] - q)
    high = p - q + math.hypot(one[1] - p, q - other[0])
    return [max(-1.0, low), min(1.0, high)]


def same_share(hits: int, total: int, other_hits: int, other_total: int) -> float:
    """Fisher's exact p of two equal shares, two-sided."""
    return float(fisher_exact([[hits, total - hits], [other_hits, other_total - other_hits]]).pvalue)


def placements(labels: Labels, scores: Array) -> Array:
    """Of each row, the share of the other class that it is ranked on the right side of; a tie counts half.

    The mean over either class is the ROC AUC, and the variance of two models' differences, row by row, is
    that of DeLong's test of correlated areas (Biometrics 44, 1988).
    """
    found = np.empty(len(labels))
    ranks = rankdata(scores)
    for label, sign in ((1, 1), (0, -1)):
        mine = labels == label
        below = ranks[mine] - rankdata(scores[mine])
        others = int((~mine).sum())
        found[mine] = below / others if sign == 1 else 1 - below / others
    return found


def auc(labels: Labels, scores: Array) -> float | None:
    """ROC AUC, or None where one class is absent."""
    return float(roc_auc_score(labels, scores)) if len(set(labels.tolist())) == 2 else None


def auc_interval(labels: Labels, scores: Array) -> list[float]:
    """95 % interval by DeLong's variance, from mid-ranks."""
    found = placements(labels, scores)
    positives, negatives = found[labels == 1], found[labels == 0]
    area = float(positives.mean())
    variance = positives.var(ddof=1) / len(positives) + negatives.var(ddof=1) / len(negatives)
    half = Z * math.sqrt(variance)
    return [max(0.0, area - half), min(1.0, area + half)]


def calibration(labels: Labels, scores: Array) -> dict[str, Any]:
    """Slope and intercept of the labels on the scores' log-odds (1 and 0 are perfect), and ten bins."""
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    odds = np.log(clipped / (1 - clipped))[:, None]
    line = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(odds, labels)
    place = np.minimum((scores * 10).astype(int), 9)
    bins = [
        {
            "from": low / 10,
            "rows": int((place == low).sum()),
            "predicted": float(scores[place == low].mean()),
            "observed": float(labels[place == low].mean()),
        }
        for low in sorted(set(place.tolist()))
    ]
    gaps = [item["rows"] * abs(item["predicted"] - item["observed"]) for item in bins]
    return {
        "slope": float(line.coef_[0, 0]),
        "intercept": float(line.intercept_[0]),
        "expected_calibration_error": sum(gaps) / len(labels),
        "bins": bins,
    }


def cells(values: NDArray[np.generic], numeric: bool) -> NDArray[np.int64]:
    """A feature's values as small integers: categories as they come, numbers in 20 equally full bins."""
    if not numeric:
        return np.unique(values, return_inverse=True)[1].astype(np.int64)
    edges = np.unique(np.quantile(values.astype(np.float64), np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, values.astype(np.float64), side="left").astype(np.int64)


def one_feature_auc(places: NDArray[np.int64], labels: Labels) -> float | None:
    """How well one feature alone tells the labels apart, in any shape, not only rising or falling.

    Each half of the rows is scored with the label rates that the other half has, so noise stays near 0.5.
    """
    scores = np.empty(len(labels))
    half = np.arange(len(labels)) % 2 == 0
    for mine, other in ((half, ~half), (~half, half)):
        size = int(places.max()) + 1
        total = np.bincount(places[other], minlength=size)
        hits = np.bincount(places[other], weights=labels[other], minlength=size)
        prior = float(labels[other].mean()) if other.any() else 0.0
        scores[mine] = ((hits + prior) / (total + 1))[places[mine]]
    found = auc(labels, scores)
    return None if found is None else max(found, 1 - found)


def mutual_information(places: NDArray[np.int64], labels: Labels) -> float:
    """Of a feature and a trait, in bits."""
    joint = np.zeros((int(places.max()) + 1, 2))
    np.add.at(joint, (places, labels), 1)
    joint /= joint.sum()
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    there = joint > 0
    return max(0.0, float((joint[there] * np.log2(joint[there] / independent[there])).sum()))
