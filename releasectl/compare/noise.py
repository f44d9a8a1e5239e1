"""The noise floor: how much the model differs from itself, by rows that came again and halves of its log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from releasectl.compare import distributions, resample
from releasectl.compare.latency import durations, rank
from releasectl.compare.proportions import wilson
from releasectl.compare.samples import NOT_LOGGED, Rows, Values, answered, distinct, of_model, rows_of
from releasectl.compare.thresholds import Thresholds
from releasectl.compare.values import Estimate, NoiseFloor
from releasectl.model import CommitId, Missing
from releasectl.requestlog import Call, Side

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 20  # in a half


def noise_floor(side: Side, commit: CommitId, thresholds: Thresholds) -> NoiseFloor:
    """The model against itself, out of its own traffic alone: nobody need deploy it twice."""
    calls, _ = of_model(side.calls, commit)
    rows = rows_of(answered(calls))
    psi, ks = distances(rows, thresholds)
    return NoiseFloor(
        repeats(rows, thresholds.confidence),
        psi,
        ks,
        p99(calls, thresholds),
        errors(calls, thresholds),
    )


def repeats(rows: Rows, confidence: float) -> Estimate | Missing:
    """The chance that two answers to one row agree. Of k answers to it, k - 1 tell something new."""
    import numpy as np

    logged = rows.inputs != NOT_LOGGED
    keys, places = np.unique(rows.inputs[logged], return_inverse=True)
    if len(keys) == len(places):
        return Missing("no row came twice")
    classes = rows.classes[logged]
    table = np.zeros((len(keys), int(classes.max()) + 1))
    np.add.at(table, (places, classes), 1)
    counts = table.sum(axis=1)
    again = counts > 1
    counts, table = counts[again], table[again]
    agreed = (table * (table - 1)).sum(axis=1) / (counts * (counts - 1))
    share = float((agreed * (counts - 1)).sum() / (counts - 1).sum())
    return wilson(min(share, 1.0), int((counts - 1).sum()), confidence)


def distances(rows: Rows, thresholds: Thresholds) -> tuple[float | Missing, float | Missing]:
    """(PSI, KS) that random halves seldom exceed."""
    import numpy as np

    scores = np.sort(rows.scores[np.isfinite(rows.scores)])
    if len(scores) < 2 * FEWEST:
        few = Missing(f"{len(scores)} scores are too few to halve")
        return few, few
    whole = Values("scores", scores, scores, (distinct(rows.inputs),) * 2, paired=False)
    bins = distributions.quantile_edges(scores, thresholds.psi_bins)
    grid = np.unique(np.quantile(scores, np.linspace(0, 1, distributions.GRID), method="inverted_cdf"))
    psi = np.quantile(distributions.index(*halves(whole, bins)), thresholds.confidence)
    ks = np.quantile(np.abs(distributions.gap(*halves(whole, grid))).max(axis=-1), thresholds.confidence)
    return float(psi), float(ks)


def halves(values: Values, edges: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The bin counts of both halves in each round; rows without replacement, as in a permutation test."""
    import numpy as np

    counts = np.bincount(resample.binned(values, edges)[0], minlength=len(edges) + 1)
    drawn = resample.rng().multivariate_hypergeometric(
        counts, int(counts.sum()) // 2, size=resample.ROUNDS, method="marginals"
    )
    return drawn.astype(np.float64), (counts - drawn).astype(np.float64)


def p99(calls: Sequence[Call], thresholds: Thresholds) -> float | Missing:
    """The ratio of the p99 of two resamples of half the size."""
    import numpy as np

    times = durations(calls)
    half = len(times) // 2
    if half < FEWEST or times[-1] <= 0:
        return Missing(f"{len(times)} durations are too few to halve")
    k, random = rank(half, 0.99), resample.rng()
    places = (random.beta(k, half - k + 1, size=(2, resample.ROUNDS)) * len(times)).astype(np.int64)
    drawn = np.maximum(times[np.minimum(places, len(times) - 1)], 1e-9)
    return float(np.quantile(drawn[1] / drawn[0], thresholds.confidence))


def errors(calls: Sequence[Call], thresholds: Thresholds) -> float | Missing:
    """Percentage points between the error rates of two halves."""
    import numpy as np

    half = len(calls) // 2
    if half < FEWEST:
        return Missing(f"{len(calls)} requests are too few to halve")
    failed = sum(bool(call.error) for call in calls)
    one = resample.rng().hypergeometric(failed, len(calls) - failed, half, size=resample.ROUNDS)
    points = 100 * ((failed - one) / (len(calls) - half) - one / half)
    return max(0.0, float(np.quantile(points, thresholds.confidence)))
