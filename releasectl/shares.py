"""Statistics of shares as the trainers reckon them (trainers/evaluation/statistics.py), in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from math import exp, lgamma, sqrt
from typing import Final, NamedTuple

Z: Final = 1.959964  # two-sided 95 %
ALIKE: Final = 1e-7  # two tables whose chances differ by less may count as equally likely, or not
NOUGHT: Final = 1e-9  # what is less is lost when six digits are written
MOST: Final = 10**8  # rows of a table whose likes are summed one by one, in a tenth of a second


class Range(NamedTuple):
    """A p-value; `low` leaves out the tables that are just as likely as the one that was found."""

    low: float
    high: float


def wilson(hits: int, total: int) -> list[float] | None:
    """95 % interval of a share; none where there is nothing to count."""
    if total <= 0:
        return None
    share, square = hits / total, Z * Z
    middle = (share + square / (2 * total)) / (1 + square / total)
    spread = share * (1 - share) / total + square / (4 * total * total)
    half = Z / (1 + square / total) * sqrt(max(0.0, spread))
    return [max(0.0, middle - half), min(1.0, middle + half)]


@lru_cache(maxsize=4096)  # the same holdout measures every model
def same_share(hits: int, total: int, other_hits: int, other_total: int) -> Range:
    """Fisher's exact p of two equal shares: how likely tables are that are no likelier than this one.

    Of a table that is too large for that any p may be told.
    """
    both, rows = hits + other_hits, total + other_total
    if rows > MOST:
        return Range(0.0, 1.0)
    misses = rows - both
    chance = exp(_choices(both, hits) + _choices(misses, total - hits) - _choices(rows, total))
    if chance * (min(total, both) + 1) < NOUGHT:
        return Range(0.0, NOUGHT)
    low = high = 1.0
    fewer = _upwards(total - hits, total, misses, both, chance)  # with each hit less there is a miss more
    for likely in chain(_upwards(hits, total, both, misses, chance), fewer):
        low += likely if likely < 1 - ALIKE else 0.0
        high += likely if likely < 1 + ALIKE else 0.0
    return Range(low * chance, min(1.0, high * chance))


def _choices(of: int, some: int) -> float:
    """The logarithm of the binomial coefficient."""
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)


def _upwards(hits: int, total: int, both: int, misses: int, chance: float) -> Iterator[float]:
    """How much likelier than this table each is that has more hits, until they are too unlikely to count."""
    likely = 1.0
    for k in range(hits, min(total, both)):
        step = (both - k) * (total - k) / ((k + 1) * (misses - total + k + 1))
        likely *= step
        yield likely
        if step < 1 and likely * chance < NOUGHT / 100:
            return
