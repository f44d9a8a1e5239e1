"""How many requests a criterion needs before it may say yes, each from a formula of the literature.

`ratio` is how many decisions of the model come on one of the candidate: 1 for pairs, 9 for a canary of 10 %.
Both distributions are written out: a rule asks for them at each start, of which SciPy would be a third.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, erfc, exp, inf, lgamma, log, sqrt
from statistics import NormalDist


def agreement_minimum(limit: float, margin: float, *, alpha: float, power: float) -> int:
    """To find out a candidate that agrees in `limit` - `margin` only: one share against a fixed one,
    one-sided (J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions, 2003,
    ch. 2).
    """
    low = max(0.0, limit - margin)
    if low == limit:
        return 1
    normal = NormalDist()
    spread = normal.inv_cdf(1 - alpha) * sqrt(limit * (1 - limit))
    spread += normal.inv_cdf(power) * sqrt(low * (1 - low))
    return max(1, ceil((spread / (limit - low)) ** 2))


def psi_minimum(limit: float, bins: int, *, ratio: float, alpha: float) -> int:
    """So that equal distributions exceed the limit in `alpha` of all cases: PSI / (1/n + 1/m) is then close
    to chi squared with bins - 1 degrees of freedom (B. Yurdakul, J. Naranjo, Journal of Risk Model Validation
    14, 2020, no. 4).
    """
    return ceil(exceeded(lambda x: chi_squared(x, bins - 1), alpha) * (1 + 1 / ratio) / limit)


def ks_minimum(limit: float, *, ratio: float, alpha: float) -> int:
    """So that equal distributions exceed the limit in `alpha` of all cases: Kolmogorov's distribution of
    D / sqrt(1/n + 1/m) (N. Smirnov, Annals of Mathematical Statistics 19, 1948, 279-281).
    """
    return ceil(exceeded(kolmogorov, alpha) ** 2 * (1 + 1 / ratio) / limit**2)


def quantile_minimum(quantile: float, *, alpha: float) -> int:
    """So that the largest value seen is above the quantile, surely enough (S. S. Wilks, Annals of
    Mathematical Statistics 12, 1941, 91-96): 299 for p99.
    """
    return ceil(log(alpha) / log(quantile))


def rare_minimum(rate: float, *, alpha: float) -> int:
    """So that something with this rate is seen at least once: 1 - (1 - rate)^n >= 1 - alpha, the exact form
    of the rule of three (J. A. Hanley, A. Lippman-Hand, JAMA 249, 1983, 1743-1745).
    """
    return ceil(log(alpha) / log(1 - rate)) if rate < 1 else 1


def share_decided(limit: float, distance: float, z: float) -> float:
    """How many in all until Wilson's interval of a share ends at the limit, if the share stays: the interval
    holds every limit that a score test does not reject.
    """
    return z**2 * limit * (1 - limit) / distance**2 if distance > 0 else inf


def to_decide(n: int, half_width: float, distance: float) -> float:
    """How many in all until an interval ends at the limit, if the value stays: widths go as 1/sqrt(n)."""
    return n * (half_width / distance) ** 2 if distance > 0 else inf


def chi_squared(x: float, freedom: int) -> float:
    """The chance of more than `x` (M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 26.4)."""
    half, degree = x / 2, 1.0 if freedom % 2 == 0 else 0.5
    found = exp(-half) if freedom % 2 == 0 else erfc(sqrt(half))
    while degree < freedom / 2:
        found += exp(degree * log(half) - half - lgamma(degree + 1))
        degree += 1
    return found


def kolmogorov(x: float) -> float:
    """The chance of more than `x`, by Smirnov's series; it converges slowly only where nearly all is more."""
    return 2 * sum((1 if k % 2 else -1) * exp(-2 * (k * x) ** 2) for k in range(1, 20))


def exceeded(chance: Callable[[float], float], alpha: float) -> float:
    """The value that is exceeded in `alpha` of all cases, to the last bits."""
    low, high = 0.5, 1000.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if chance(middle) > alpha else (low, middle)
    return high
