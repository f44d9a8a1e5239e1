"""Shares and their differences, with intervals that hold for small counts, too."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from releasectl.compare.values import Estimate
from releasectl.model import Missing


def z(confidence: float) -> float:
    """The two-sided quantile of the normal distribution: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(share: float, n: int, confidence: float) -> Estimate | Missing:
    """The score interval (E. B. Wilson, JASA 22, 1927, 209-212)."""
    if n <= 0:
        return Missing("nothing was counted")
    square = z(confidence) ** 2 / n
    middle = (share + square / 2) / (1 + square)
    half = sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    return Estimate(share, min(max(0.0, middle - half), share), max(min(1.0, middle + half), share), n)


def difference(one: Estimate, other: Estimate) -> Estimate:
    """other - one for independent samples, from their Wilson intervals (R. G. Newcombe, Statistics in
    Medicine 17, 1998, 873-890, method 10). Of pairs it is on the careful side: too wide.
    """
    value = other.value - one.value
    low = value - sqrt((other.value - other.low) ** 2 + (one.high - one.value) ** 2)
    high = value + sqrt((other.high - other.value) ** 2 + (one.value - one.low) ** 2)
    return Estimate(value, low, high, min(one.n, other.n))


def paired_difference(wins: int, losses: int, n: int, confidence: float) -> Estimate | Missing:
    """(wins - losses) / n of n pairs (A. Agresti, Y. Min, Statistics in Medicine 24, 2005, 729-740: half a
    pair is added to each of the four cells).
    """
    if n <= 0:
        return Missing("nothing was counted")
    more, less, total = wins + 0.5, losses + 0.5, n + 2
    middle = (more - less) / total
    half = z(confidence) * sqrt((more + less) / total - middle**2) / sqrt(total)
    value = (wins - losses) / n
    return Estimate(value, max(-1.0, min(middle - half, value)), min(1.0, max(middle + half, value)), n)


def mcnemar(wins: int, losses: int) -> float:
    """The exact two-sided p of as many wins as losses (Q. McNemar, Psychometrika 12, 1947, 153-157)."""
    from scipy.special import bdtr

    if wins + losses == 0:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(wins, losses), wins + losses, 0.5)))
