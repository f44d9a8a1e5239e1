"""How many requests a criterion needs before it may say yes, each from a formula of the literature.

`ratio` is how many decisions of the model come on one of the candidate: 1 for pairs, 9 for a canary of 10 %.
"""

from __future__ import annotations

from math import ceil, inf, log, sqrt
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
    from scipy.special import chdtri

    return ceil(float(chdtri(bins - 1, alpha)) * (1 + 1 / ratio) / limit)


def ks_minimum(limit: float, *, ratio: float, alpha: float) -> int:
    """So that equal distributions exceed the limit in `alpha` of all cases: Kolmogorov's distribution of
    D / sqrt(1/n + 1/m) (N. Smirnov, Annals of Mathematical Statistics 19, 1948, 279-281).
    """
    from scipy.special import kolmogi

    return ceil(float(kolmogi(alpha)) ** 2 * (1 + 1 / ratio) / limit**2)


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
