"""How long each side took and how often it failed."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, isfinite
from typing import TYPE_CHECKING

from releasectl.compare import resample
from releasectl.compare.proportions import wilson
from releasectl.compare.values import Estimate, Latency
from releasectl.model import Missing
from releasectl.requestlog import Call

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def durations(calls: Iterable[Call]) -> NDArray[np.float64]:
    """Of the answered calls, sorted. Times from two clocks can make a duration negative: it is left out."""
    import numpy as np

    found = [
        call.seconds
        for call in calls
        if not call.error and isinstance(call.seconds, float) and isfinite(call.seconds) and call.seconds >= 0
    ]
    return np.sort(np.array(found, dtype=np.float64))


def rank(n: int, quantile: float) -> int:
    """The place of a quantile among n sorted values, counted from 1 (nearest rank)."""
    return max(1, ceil(quantile * n))


def latency(times: NDArray[np.float64]) -> Latency | Missing:
    """Median and 99th percentile of sorted durations in seconds."""
    if not len(times):
        return Missing("no duration is logged")
    p50, p99 = (float(times[rank(len(times), quantile) - 1]) for quantile in (0.5, 0.99))
    return Latency(p50, p99, len(times))


def ratio(
    stable: NDArray[np.float64], candidate: NDArray[np.float64], quantile: float, confidence: float
) -> Estimate | Missing:
    """candidate / stable at a quantile. Of n resampled values the k-th is value number n U of the sorted ones
    with U from Beta(k, n - k + 1), so that no resample need be drawn (H. A. David, H. N. Nagaraja, Order
    Statistics, 3rd ed. 2003, ch. 2).
    """
    import numpy as np

    for side, times in (("model", stable), ("candidate", candidate)):
        if not len(times):
            return Missing(f"no duration of the {side} is logged")
    random = resample.rng()
    values, drawn = [], []
    for times in (stable, candidate):
        n, k = len(times), rank(len(times), quantile)
        values.append(float(times[k - 1]))
        places = np.minimum((random.beta(k, n - k + 1, size=resample.ROUNDS) * n).astype(np.int64), n - 1)
        drawn.append(times[places])
    if values[0] <= 0:
        return Missing("the model's durations are 0: there is nothing to compare with")
    value = values[1] / values[0]
    ratios = drawn[1] / np.maximum(drawn[0], 1e-9)
    tail = (1 - confidence) / 2
    low, high = (float(each) for each in np.quantile(ratios, [tail, 1 - tail]))
    return Estimate(value, min(low, value), max(high, value), min(len(stable), len(candidate)))


def error_rate(calls: Iterable[Call], confidence: float) -> Estimate | Missing:
    """Failed and unanswered requests."""
    errors = [bool(call.error) for call in calls]
    return wilson(sum(errors) / len(errors) if errors else 0.0, len(errors), confidence)
