"""The statistics of the evidence against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from trainers.common.files import rounded
from trainers.evaluation.statistics import (
    auc,
    auc_interval,
    calibration,
    cells,
    mutual_information,
    one_feature_auc,
    wilson,
)


@pytest.fixture
def draw():
    return np.random.default_rng(0)


def test_wilson_against_the_published_example():
    assert wilson(15, 148) == pytest.approx([0.0624, 0.1605], abs=1e-4)  # Newcombe 1998, table I, method 3


def test_wilson_stays_inside():
    assert wilson(0, 10)[0] == pytest.approx(0)
    assert 1 - 1e-9 < wilson(10, 10)[1] <= 1
    assert wilson(0, 0) is None


def test_auc_needs_both_classes():
    assert auc(np.zeros(3, dtype=int), np.arange(3.0)) is None


def test_delong_is_as_wide_as_the_bootstrap(draw):
    labels = draw.integers(0, 2, 400)
    scores = labels + draw.normal(0, 1.5, 400)
    picks = draw.integers(0, 400, (500, 400))
    spread = np.percentile([roc_auc_score(labels[pick], scores[pick]) for pick in picks], [2.5, 97.5])
    low, high = auc_interval(labels, scores)
    assert low < roc_auc_score(labels, scores) < high
    assert high - low == pytest.approx(spread[1] - spread[0], rel=0.15)


def test_calibration_of_true_probabilities(draw):
    scores = draw.uniform(0.02, 0.98, 20_000)
    found = calibration((draw.uniform(size=20_000) < scores).astype(int), scores)
    assert found["slope"] == pytest.approx(1, abs=0.05)
    assert found["intercept"] == pytest.approx(0, abs=0.05)
    assert found["expected_calibration_error"] < 0.02
    assert sum(item["rows"] for item in found["bins"]) == 20_000


def test_calibration_of_overconfidence(draw):
    chances = draw.uniform(0.1, 0.9, 20_000)
    labels = (draw.uniform(size=20_000) < chances).astype(int)
    odds = 3 * np.log(chances / (1 - chances))
    assert calibration(labels, 1 / (1 + np.exp(-odds)))["slope"] == pytest.approx(1 / 3, abs=0.03)


def test_one_feature_that_is_the_label(draw):
    labels = draw.integers(0, 2, 500)
    assert one_feature_auc(cells(np.array(["a", "b"])[labels], False), labels) == 1


def test_one_feature_in_any_shape(draw):
    """The middle is positive: a rank alone would see nothing."""
    values = draw.uniform(-1, 1, 4000)
    labels = (np.abs(values) < 0.5).astype(int)
    assert max(roc_auc_score(labels, values), 1 - roc_auc_score(labels, values)) < 0.55
    assert one_feature_auc(cells(values, True), labels) > 0.95


def test_noise_with_many_values_says_nothing(draw):
    values = draw.integers(0, 1000, 4000).astype(str)
    labels = draw.integers(0, 2, 4000)
    assert one_feature_auc(cells(values, False), labels) == pytest.approx(0.5, abs=0.03)


def test_mutual_information_of_a_coin_with_itself_is_one_bit():
    coin = np.array([0, 1] * 50)
    assert mutual_information(coin, coin) == pytest.approx(1)
    assert mutual_information(np.zeros(100, dtype=int), coin) == pytest.approx(0)


def test_rounded_says_only_what_json_can():
    assert rounded({1: np.float64(0.1234567), "n": np.int64(3), "x": float("nan"), "z": -1e-9}) == {
        "1": 0.123457,
        "n": 3,
        "x": None,
        "z": 0.0,
    }
