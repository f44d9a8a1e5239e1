"""Repeated rows and the noise floor: what is the same question again, and what is chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from releasectl.compare import Log, Verdict, compare, noise_floor
from releasectl.compare.thresholds import Thresholds
from releasectl.compare.values import Estimate, Finding, NoiseFloor
from releasectl.model import Missing
from tests.unit.compare.build import (
    CANDIDATE,
    STABLE,
    context,
    finding,
    scores,
    side,
)


def test_a_row_again_is_no_evidence() -> None:
    values = [scores(450)[number % 450] for number in range(6000)]
    sides = [side(values, version=each, distinct=450) for each in (STABLE, CANDIDATE)]
    found = compare(Log(*sides), context())
    assert found.verdict is Verdict.WAIT
    assert isinstance(found.agreement, Estimate)
    assert found.agreement.n == 450
    assert any("only 450 of 6,000 decisions are of distinct rows" in note for note in found.notes)


def test_within_noise() -> None:
    """A model that answers the same row now so, now so: its candidate cannot agree with it more often."""
    n = 12000
    random = np.random.default_rng(9)
    draws = [(random.random(n) < 0.1).astype(int) for _ in range(2)]
    sides = [
        side(drawn, version=version, distinct=4000, proba=False)
        for drawn, version in zip(draws, (STABLE, CANDIDATE), strict=True)
    ]
    found = compare(Log(*sides), context())
    assert isinstance(found.noise.agreement, Estimate)
    assert found.noise.agreement.value == pytest.approx(0.82, abs=0.02)
    assert finding(found, "agreement").finding is Finding.PASS
    assert "within noise" in finding(found, "agreement").reason
    none = Missing("not asked")
    floor = NoiseFloor(Estimate(1.0, 0.99, 1.0, 5000), none, none, none, none)
    few = NoiseFloor(Estimate(0.8, 0.6, 0.9, 50), none, none, none, none)
    doubtful = compare(Log(*sides), replace(context(), noise=few))
    assert finding(doubtful, "agreement").finding is Finding.FAIL
    strict = compare(Log(*sides), replace(context(), noise=floor))
    assert finding(strict, "agreement").finding is Finding.FAIL


def test_the_noise_floor_of_halves() -> None:
    floor = noise_floor(side(scores(2000), seconds=(0.003, 0.004, 0.009)), STABLE, Thresholds())
    assert isinstance(floor.ks, float)
    assert 0.04 < floor.ks < 0.08  # Kolmogorov's 95 % quantile of D of two halves is 0.061
    assert isinstance(floor.psi, float)
    assert 0.01 < floor.psi < 0.06  # chi squared with 9 degrees of freedom: 0.034
    assert (floor.p99_ratio, floor.error_points) == (1.0, 0.0)
    few = noise_floor(side(scores(10)), STABLE, Thresholds())
    assert isinstance(few.ks, Missing)
    assert isinstance(few.p99_ratio, Missing)
    assert isinstance(few.error_points, Missing)
