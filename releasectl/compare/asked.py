"""What each criterion of SHAD-001 asks: its limit, on which side of it, and by how much evidence.

Both ask it: `compare`, of what it measures, and the rule, of what a recorded comparison says was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from releasectl.compare import power
from releasectl.compare.criteria import FEWEST, Question
from releasectl.compare.thresholds import Thresholds
from releasectl.compare.values import Estimate
from releasectl.model import Missing

Measured = Estimate | Missing


@dataclass(frozen=True, slots=True)
class Design:
    """What a minimum depends on beside the limits: how many distinct decisions of the model come on one of
    the candidate, and how many bins PSI has.
    """

    ratio: float
    bins: int


def question(name: str, measured: Measured, limits: Thresholds, design: Design) -> Question:
    """Of a criterion by its name; of one for each trait by what is before the colon."""
    return _ASKED[name.partition(":")[0]](name, measured, limits, design)


def bins(limits: Thresholds, of: str, classes: int) -> int:
    """Of PSI: as policy says for scores; `classes` themselves where there are no scores."""
    return limits.psi_bins if of == "scores" else classes


def _agreement(name: str, measured: Measured, limits: Thresholds, _: Design) -> Question:
    """Share of pairs of the same class, against the least that policy asks for."""
    least = limits.minimum_requests or power.agreement_minimum(
        limits.agreement, limits.agreement_margin, alpha=limits.alpha, power=limits.power
    )
    return Question(name, "class agreement", "share", measured, limits.agreement, least, at_least=True)


def _psi(name: str, measured: Measured, limits: Thresholds, design: Design) -> Question:
    least = limits.minimum_requests or power.psi_minimum(
        limits.psi, design.bins, ratio=design.ratio, alpha=limits.alpha
    )
    return Question(name, "PSI", "distance", measured, limits.psi, least)


def _ks(name: str, measured: Measured, limits: Thresholds, design: Design) -> Question:
    least = limits.minimum_requests or power.ks_minimum(limits.ks, ratio=design.ratio, alpha=limits.alpha)
    return Question(name, "KS D", "distance", measured, limits.ks, least)


def _p99(name: str, measured: Measured, limits: Thresholds, _: Design) -> Question:
    """How many times as slow at the 99th percentile."""
    wilks = power.quantile_minimum(0.99, alpha=limits.alpha)
    least = limits.minimum_requests or wilks
    return Question(
        name, "p99 latency", "ratio", measured, limits.p99_ratio, least, fewest=wilks, noun="request"
    )


def _errors(name: str, measured: Measured, limits: Thresholds, _: Design) -> Question:
    """How many points more of failed requests."""
    rate = limits.error_points / 100
    least = limits.minimum_requests or power.rare_minimum(rate, alpha=limits.alpha)
    return Question(name, "error rate", "points", measured, rate, least, noun="request")


def _accuracy(name: str, measured: Measured, limits: Thresholds, _: Design) -> Question:
    """Of the rows whose outcome is known; no worse has to be demonstrated."""
    return Question(
        name, "accuracy gained", "points", measured, -limits.accuracy_loss, FEWEST,
        at_least=True, proof=True, noun="labelled decision",
    )  # fmt: skip


def _groups(name: str, measured: Measured, limits: Thresholds, _: Design) -> Question:
    """By how many points the selection rates of one trait's groups changed differently."""
    title = f"selection by {name.partition(':')[2]}"
    return Question(name, title, "points", measured, limits.group_gap, limits.group_size, noun="decision")


_ASKED: Final[Mapping[str, Callable[[str, Measured, Thresholds, Design], Question]]] = {
    "agreement": _agreement,
    "psi": _psi,
    "ks": _ks,
    "p99": _p99,
    "errors": _errors,
    "accuracy": _accuracy,
    "groups": _groups,
}
