"""The statistics of the evidence against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from trainers.common.files import rounded
from trainers.evaluation.disparity import against, gap
from trainers.evaluation.statistics import (
    auc,
    auc_interval,
    calibration,
    cells,
    difference_interval,
    mutual_information,
    one_feature_auc,
    placements,
    ratio_interval,
    same_share,
    wilson,
)


@pytest.fixture
def draw():
    return np.random.default_rng(0)


def areas(labels, scores):
    """The AUC of each row, all at once, from the ranks of its positives (Mann and Whitney)."""
    positives = labels.sum(axis=1)
    ranks = (rankdata(scores, axis=1) * labels).sum(axis=1) - positives * (positives + 1) / 2
    return ranks / (positives * (labels.shape[1] - positives))


def test_wilson_against_the_published_example():
    assert wilson(15, 148) == pytest.approx([0.0624, 0.1605], abs=1e-4)  # Newcombe 1998, table I, method 3


def test_wilson_stays_inside():
    assert wilson(0, 10)[0] == pytest.approx(0)
    assert 1 - 1e-9 < wilson(10, 10)[1] <= 1
    assert wilson(0, 0) is None


def test_katz_against_its_formula():
    """The formula written out: ln(RR) +- z sqrt(1/a - 1/n + 1/b - 1/m)."""
    low, high = ratio_interval(41, 1000, 20, 1000)
    half = 1.959964 * np.sqrt(1 / 41 - 1 / 1000 + 1 / 20 - 1 / 1000)
    assert (low, high) == pytest.approx((2.05 / np.exp(half), 2.05 * np.exp(half)))


def test_a_ratio_of_nothing_has_an_interval():
    low, high = ratio_interval(0, 2600, 5400, 5400)
    assert 0 < low < high < 0.004
    assert ratio_interval(0, 0, 1, 2) is None


def test_newcombe_against_the_published_example():
    assert difference_interval(56, 70, 48, 80) == pytest.approx(
        [0.0524, 0.3339], abs=1e-4
    )  # Newcombe 1998, table II (a), method 10


def test_fisher_s_tea():
    assert same_share(3, 4, 1, 4) == pytest.approx(0.4857, abs=1e-4)  # The Design of Experiments, 1935


def test_placements_count_ties_by_half():
    labels, scores = np.array([1, 1, 0, 0]), np.array([0.9, 0.5, 0.5, 0.1])
    assert placements(labels, scores).tolist() == [1.0, 0.75, 0.75, 1.0]


def test_the_variance_of_paired_placements_is_the_bootstrap_s(draw):
    """Of the difference of two models' AUC on the same rows: DeLong's variance, against 1,000 resamples."""
    labels = draw.integers(0, 2, 600)
    shared = labels + draw.normal(0, 1.2, 600)
    one, two = shared + draw.normal(0, 0.4, 600), shared + draw.normal(0, 0.6, 600)
    differ = placements(labels, one) - placements(labels, two)
    mine = np.sqrt(sum(differ[labels == each].var(ddof=1) / (labels == each).sum() for each in (0, 1)))
    picks = draw.integers(0, 600, (1000, 600))
    differences = areas(labels[picks], one[picks]) - areas(labels[picks], two[picks])
    assert np.std(differences) == pytest.approx(mine, rel=0.1)


def test_groups_too_small_to_count_have_no_gap():
    assert gap({"a": (10, 29), "b": (5, 40)}) is None
    found = gap({"a": (30, 60), "b": (5, 40), "c": (1, 2)})
    assert (found["highest"], found["lowest"], found["gap"]) == ("a", "b", 0.375)


def test_without_anybody_selected_there_is_no_ratio():
    group = {"selected": 0, "rows": 100, "selection_rate": 0.0, "label_rate": 0.1}
    assert set(against(group, group).values()) == {None}


def test_auc_needs_both_classes():
    assert auc(np.zeros(3, dtype=int), np.arange(3.0)) is None


def test_delong_is_as_wide_as_the_bootstrap(draw):
    labels = draw.integers(0, 2, 400)
    scores = labels + draw.normal(0, 1.5, 400)
    picks = draw.integers(0, 400, (500, 400))
    spread = np.percentile(areas(labels[picks], scores[picks]), [2.5, 97.5])
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
