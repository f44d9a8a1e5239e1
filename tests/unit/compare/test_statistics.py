"""Every formula against another implementation, a published example or a simulation."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from releasectl.compare import distributions, power
from releasectl.compare.groups import change
from releasectl.compare.latency import durations, ratio
from releasectl.compare.proportions import difference, mcnemar, paired_difference, wilson
from releasectl.compare.samples import Values
from releasectl.compare.values import Estimate
from releasectl.model import Missing
from releasectl.requestlog import Call

Floats = NDArray[np.float64]


def estimate(found: Estimate | Missing) -> Estimate:
    assert isinstance(found, Estimate)
    return found


def values(stable: Floats, candidate: Floats, *, paired: bool = False) -> Values:
    return Values("scores", stable, candidate, (len(stable), len(candidate)), paired)


@given(st.integers(1, 5000), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_scipys(n: int, data: st.DataObject, confidence: float) -> None:
    from scipy.stats import binomtest

    hits = data.draw(st.integers(0, n))
    theirs = binomtest(hits, n).proportion_ci(confidence, method="wilson")
    ours = estimate(wilson(hits / n, n, confidence))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert ours.low <= ours.value <= ours.high


def test_wilson_of_nothing() -> None:
    assert isinstance(wilson(0.0, 0, 0.95), Missing)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((48, 80), (56, 70), 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.1705, 0.8090),
        ((0, 10), (10, 10), 0.6075, 1.0),
    ],
)
def test_difference_is_newcombes_method_10(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """The examples of his table II."""
    sides = [estimate(wilson(hits / n, n, 0.95)) for hits, n in (one, other)]
    found = difference(*sides)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_scipys_exact_test(wins: int, losses: int) -> None:
    from scipy.stats import binomtest

    theirs = binomtest(wins, wins + losses, 0.5).pvalue if wins + losses else 1.0
    assert mcnemar(wins, losses) == pytest.approx(theirs, abs=1e-9)


def test_paired_difference_covers_the_truth() -> None:
    random = np.random.default_rng(1)
    draws = random.multinomial(500, [0.03, 0.05, 0.92], size=2000)
    found = [estimate(paired_difference(int(wins), int(losses), 500, 0.95)) for wins, losses, _ in draws]
    covered = np.mean([each.low <= -0.02 <= each.high for each in found])
    assert 0.935 <= covered <= 0.97
    assert isinstance(paired_difference(0, 0, 0, 0.95), Missing)


samples = st.lists(
    st.floats(0, 1, allow_nan=False) | st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=60
).map(np.array)


@given(samples, samples)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_ks_is_scipys(stable: Floats, candidate: Floats) -> None:
    from scipy.stats import ks_2samp

    theirs = ks_2samp(stable, candidate, method="asymp").statistic
    assert distributions.greatest_gap(stable, candidate)[0] == pytest.approx(theirs, abs=1e-12)


def test_ks_p_is_close_to_scipys() -> None:
    from scipy.stats import ks_2samp

    random = np.random.default_rng(2)
    for shift in (0.0, 0.02, 0.05):
        stable, candidate = random.random(1500), random.random(1500) + shift
        found = distributions.ks(values(stable, candidate), 0.95)
        assert found.p == pytest.approx(ks_2samp(stable, candidate).pvalue, abs=0.02)


def naive_psi(stable: Floats, candidate: Floats, bins: int) -> float:
    """Bin by bin, with the edges of its own sort."""
    ordered = sorted(stable)
    edges = sorted({ordered[math.ceil(Fraction(len(ordered) * step, bins)) - 1] for step in range(1, bins)})
    edges = [edge for edge in edges if edge < ordered[-1]]
    total = 0.0
    for low, high in zip([-np.inf, *edges], [*edges, np.inf], strict=True):
        shares = []
        for side in (stable, candidate):
            inside = sum(1 for value in side if low < value <= high)
            shares.append((inside + 0.5) / (len(side) + 0.5 * (len(edges) + 1)))
        total += (shares[1] - shares[0]) * np.log(shares[1] / shares[0])
    return float(total)


@pytest.mark.parametrize("bins", [2, 5, 10])
def test_psi_is_a_sum_over_bins(bins: int) -> None:
    random = np.random.default_rng(3)
    stable, candidate = random.beta(1, 3, 700).round(2), random.beta(1.3, 3, 400).round(2)
    found = distributions.psi(values(stable, candidate), bins, 2, 0.95)
    assert found.estimate.value == pytest.approx(naive_psi(stable, candidate, bins), abs=1e-12)


def test_psi_around_constant_scores_sees_both_directions() -> None:
    constant = np.full(200, 0.3)
    for moved in (0.2, 0.4):
        found = distributions.psi(values(constant, np.full(200, moved)), 10, 2, 0.95)
        assert found.estimate.value > 5
    assert distributions.psi(values(constant, constant), 10, 2, 0.95).estimate.value == 0


def test_independent_samples_are_resampled_independently() -> None:
    """Equal samples: what one bootstrap finds above its mean, another must not find there, too."""
    scores = np.linspace(0, 1, 400)
    found = distributions.ks(values(scores, scores), 0.95).estimate
    assert 0.06 < found.high < 0.13  # Kolmogorov's 95 % quantile of D is 0.096
    assert distributions.ks(values(scores, scores, paired=True), 0.95).estimate.high == 0


def test_groups_of_independent_samples_are_resampled_independently() -> None:
    """The spread of a difference of two shares of 0.3, each of 500; of pairs that are equal there is none."""
    place, selected = np.zeros(500, dtype=np.int64), np.repeat([1, 0], [150, 350])
    cells = [(place, selected), (place, selected)]
    assert change(cells, 1, paired=False)[1].std() == pytest.approx(math.sqrt(2 * 0.3 * 0.7 / 500), rel=0.1)
    assert change(cells, 1, paired=True)[1].std() == 0


def test_durations_that_are_none_are_left_out() -> None:
    called = datetime(2026, 3, 1, tzinfo=UTC)
    calls = [Call("r", called, "v", seconds=each) for each in (0.2, -0.1, float("nan"), float("inf"), 0.1)]
    calls += [Call("r", called, "v", seconds=0.3, error="boom"), Call("r", called, "v")]
    assert list(durations(calls)) == [0.1, 0.2]


def test_intervals_seldom_condemn_equal_distributions() -> None:
    """D of 0.05 and PSI of 0.1 are far from nothing; the lower ends must not get there by chance."""
    random = np.random.default_rng(4)
    wrong = 0
    for _ in range(100):
        drawn = values(random.beta(0.5, 2, 150), random.beta(0.5, 2, 150))
        wrong += distributions.ks(drawn, 0.95).estimate.low > 0.05
        wrong += distributions.psi(drawn, 10, 2, 0.95).estimate.low > 0.1
    assert wrong <= 3


def test_latency_ratio_covers_the_truth() -> None:
    random = np.random.default_rng(5)
    found = [
        estimate(ratio(*(np.sort(random.lognormal(-5, 0.4, 600)) for _ in range(2)), 0.99, 0.95))
        for _ in range(200)
    ]
    assert np.mean([each.low <= 1 <= each.high for each in found]) >= 0.9


@pytest.mark.parametrize(("times", "reason"), [([], "no duration of the model"), ([0.0, 0.0], "are 0")])
def test_latency_ratio_without_durations(times: list[float], reason: str) -> None:
    found = ratio(np.array(times), np.array([1.0]), 0.99, 0.95)
    assert isinstance(found, Missing)
    assert reason in found.reason


@given(st.integers(1, 99), st.floats(0.0001, 0.2))
def test_what_is_exceeded_seldom_is_scipys(freedom: int, alpha: float) -> None:
    from scipy.special import chdtri, kolmogi

    found = power.exceeded(lambda x: power.chi_squared(x, freedom), alpha)
    assert found == pytest.approx(chdtri(freedom, alpha), rel=1e-10)
    assert power.exceeded(power.kolmogorov, alpha) == pytest.approx(kolmogi(alpha), rel=1e-10)


def test_known_minimums() -> None:
    assert power.quantile_minimum(0.99, alpha=0.05) == 299
    assert power.quantile_minimum(0.95, alpha=0.05) == 59
    assert power.rare_minimum(0.001, alpha=0.05) == 2995
    assert power.rare_minimum(1.0, alpha=0.05) == 1


def test_agreement_minimum_has_the_power_it_promises() -> None:
    """Exact binomials at the n of the formula: who agrees in 0.98 is seldom taken for less, 0.97 often is."""
    from scipy.stats import binom

    n = power.agreement_minimum(0.98, 0.01, alpha=0.05, power=0.8)
    critical = int(binom.ppf(0.05, n, 0.98))
    assert binom.cdf(critical - 1, n, 0.98) <= 0.05
    assert binom.cdf(critical, n, 0.97) == pytest.approx(0.8, abs=0.03)
    assert power.agreement_minimum(0.0, 0.01, alpha=0.05, power=0.8) == 1


@pytest.mark.parametrize("ratio_", [1, 4])
def test_distance_minimums_keep_chance_below_the_limit(ratio_: int) -> None:
    random = np.random.default_rng(6)
    over = {"psi": 0, "ks": 0}
    for _ in range(400):
        n = power.psi_minimum(0.1, 10, ratio=ratio_, alpha=0.05)
        drawn = random.random(ratio_ * n), random.random(n)
        over["psi"] += naive_psi(*drawn, 10) > 0.1 if ratio_ == 1 else 0
        n = power.ks_minimum(0.1, ratio=ratio_, alpha=0.05)
        over["ks"] += distributions.greatest_gap(random.random(ratio_ * n), random.random(n))[0] > 0.1
    assert over["psi"] / 400 <= 0.09
    assert over["ks"] / 400 <= 0.08
