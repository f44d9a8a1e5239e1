"""How far the candidate's scores are from the model's: KS, PSI, and the differences within pairs."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, TypeAlias

from releasectl.compare import resample
from releasectl.compare.samples import Sample, Values
from releasectl.compare.values import Differences, Distance, Estimate
from releasectl.model import Missing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Counts: TypeAlias = "NDArray[np.float64] | NDArray[np.int64]"

GRID = 64  # bins in which KS is resampled; the value itself is exact


def ks(values: Values, confidence: float) -> Distance:
    """The two-sample Kolmogorov-Smirnov statistic, p by Kolmogorov's limit (Smirnov 1948, see `power`)."""
    import numpy as np
    from scipy.special import kolmogorov

    sizes = len(values.stable), len(values.candidate)
    statistic, at = greatest_gap(values.stable, values.candidate)
    p = float(kolmogorov(statistic * sqrt(sizes[0] * sizes[1] / (sizes[0] + sizes[1]))))
    pooled = np.concatenate([values.stable, values.candidate])
    grid = np.quantile(pooled, np.linspace(0, 1, GRID), method="inverted_cdf")
    edges = np.unique(np.append(grid, at))
    whole = (np.bincount(side, minlength=len(edges) + 1) for side in resample.binned(values, edges))
    # A band around the whole difference of the two functions holds its greatest value, too, wherever that is.
    strayed = np.abs(gap(*resample.tables(values, edges)) - gap(*whole)).max(axis=-1)
    half = float(np.quantile(strayed, confidence))
    estimate = Estimate(statistic, max(0.0, statistic - half), min(1.0, statistic + half), evidence(values))
    return Distance(values.of, estimate, *sizes, p)


def greatest_gap(stable: NDArray[np.float64], candidate: NDArray[np.float64]) -> tuple[float, float]:
    """(D, where): the greatest distance between the two empirical distribution functions."""
    import numpy as np

    points = np.unique(np.concatenate([stable, candidate]))
    shares = [
        np.searchsorted(np.sort(side), points, side="right") / len(side) for side in (stable, candidate)
    ]
    distance = np.abs(shares[0] - shares[1])
    return float(distance.max()), float(points[distance.argmax()])


def gap(stable: Counts, candidate: Counts) -> NDArray[np.float64]:
    """The difference of the two distribution functions at each edge, out of bin counts."""
    import numpy as np

    shares = [side.cumsum(axis=-1) / side.sum(axis=-1, keepdims=True) for side in (stable, candidate)]
    found: NDArray[np.float64] = np.subtract(*shares)
    return found


def psi(values: Values, bins: int, classes: int, confidence: float) -> Distance:
    """The population stability index over bins that hold equal shares of the model's scores."""
    import numpy as np

    if values.of == "classes":
        edges = np.arange(classes - 1, dtype=np.float64)
    else:
        edges = quantile_edges(values.stable, bins)
    count = len(edges) + 1
    stable, candidate = (np.bincount(side, minlength=count) for side in resample.binned(values, edges))
    value = float(index(stable, candidate))
    drawn = index(*resample.tables(values, edges))
    estimate = resample.basic(value, drawn, confidence, evidence(values))
    return Distance(values.of, estimate, len(values.stable), len(values.candidate))


def quantile_edges(stable: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """The inner edges, fewer than bins - 1 where many scores are equal. Where all are equal, one bin is for
    what is below, one for what is equal, one for what is above.
    """
    import numpy as np

    ranks = -(-len(stable) * np.arange(1, bins) // bins)  # rounded up, in whole numbers
    edges = np.unique(np.sort(stable)[ranks - 1])
    inner: NDArray[np.float64] = edges[edges < stable.max()]
    return inner if len(inner) else np.array([np.nextafter(edges[0], -np.inf), edges[0]])


def index(stable: Counts, candidate: Counts) -> NDArray[np.float64]:
    """Sum of (q - p) ln(q / p) over the bins (N. Siddiqi, Credit Risk Scorecards, 2006, ch. 9). Half a
    decision is added to each bin, as in Jeffreys' prior: an empty bin would make it infinite.
    """
    import numpy as np

    shares = [(side + 0.5) / (side + 0.5).sum(axis=-1, keepdims=True) for side in (stable, candidate)]
    found: NDArray[np.float64] = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum(axis=-1)
    return found


def evidence(values: Values) -> int:
    """How many distinct rows a distance rests on: pairs share theirs, else the candidate's count."""
    return min(values.distinct) if values.paired else values.distinct[1]


def differences(found: Sample) -> Differences | Missing:
    """Candidate less model, of the scores of each pair: mean, quantiles, and the one furthest from 0."""
    import numpy as np

    if not found.paired:
        return Missing("two models never scored the same request")
    gap = found.rows[1].scores - found.rows[0].scores
    gap = gap[np.isfinite(gap)]
    if not len(gap):
        return Missing("no pair has scores on both sides")
    p05, median, p95 = (float(value) for value in np.quantile(gap, [0.05, 0.5, 0.95]))
    largest = float(gap[np.lexsort((gap, np.abs(gap)))[-1]])
    return Differences(float(np.sort(gap).mean()), p05, median, p95, largest)
