"""Bootstrap intervals out of counts: a table of bins is drawn anew, so the order of requests has no part.

B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, 1993; for distances the basic interval
(A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application, 1997, ch. 5), because a resampled
distance is too large by as much as the measured one is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from releasectl.compare.samples import Values
from releasectl.compare.values import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDS = 1000
SEED = 20  # any: the same log must give the same verdict


def rng() -> np.random.Generator:
    """A generator with the same seed each time."""
    import numpy as np

    return np.random.default_rng(SEED)


def redraw(counts: NDArray[np.int64], size: int, random: np.random.Generator) -> NDArray[np.float64]:
    """ROUNDS tables of `size` draws from the shares of `counts`, one in each row. Two independent samples
    need one generator: with one each, both would be drawn alike.
    """
    import numpy as np

    drawn: NDArray[np.float64] = random.multinomial(size, counts / counts.sum(), size=ROUNDS).astype(
        np.float64
    )
    return drawn


def binned(values: Values, edges: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The bin of each value: bin k holds what is above edge k-1 and at most edge k."""
    import numpy as np

    stable = np.searchsorted(edges, values.stable, side="left")
    return stable, np.searchsorted(edges, values.candidate, side="left")


def tables(values: Values, edges: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The bin counts of both sides in each round. Pairs are drawn as pairs: what they share stays shared."""
    import numpy as np

    bins, random = len(edges) + 1, rng()
    stable, candidate = binned(values, edges)
    if not values.paired:
        counts = np.bincount(stable, minlength=bins), np.bincount(candidate, minlength=bins)
        drawn_stable = redraw(counts[0], values.distinct[0], random)
        return drawn_stable, redraw(counts[1], values.distinct[1], random)
    cells, counts_of_cells = np.unique(stable * bins + candidate, return_counts=True)
    drawn = redraw(counts_of_cells, min(values.distinct), random)
    sides = np.eye(bins)[cells // bins], np.eye(bins)[cells % bins]
    return drawn @ sides[0], drawn @ sides[1]


def basic(value: float, drawn: NDArray[np.float64], confidence: float, n: int) -> Estimate:
    """The basic interval of a distance, which is never below 0."""
    import numpy as np

    tail = (1 - confidence) / 2
    low, high = 2 * value - np.quantile(drawn, [1 - tail, tail])
    return Estimate(value, max(0.0, min(float(low), value)), max(float(high), value), n)
