"""Predictions and an explanation as a person reads them, in a narrow terminal and in a wide one."""

from __future__ import annotations

import pytest

from releasectl.ask import Explanation, Prediction, Predictions
from releasectl.report.answers import explanation_text, predictions_text, share
from tests.builder import commit_id

FEATURES: dict[str, str | float] = {
    "age": 39,
    "workclass": "Self-emp-not-inc",
    "education": "HS-grad",
    "occupation": "Handlers-cleaners",
    "capital-gain": 2174,
    "capital-loss": 0,
    "hours-per-week": 40,
}
PREDICTED = Predictions(
    "production/income", commit_id("one"), (Prediction(FEATURES, "<=50K", 0.979, 0.021, outlier=False),)
)
ANCHOR = ("age <= 42.00", "capital-gain <= 5178.00")
EXPLAINED = Explanation("production/income", commit_id("one"), FEATURES, "<=50K", ANCHOR, 0.97, 0.001)


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for told in (predictions_text(PREDICTED), explanation_text(EXPLAINED)):
        assert max(map(len, told.splitlines())) <= columns
        assert all(name in told for name in FEATURES)


def test_one_prediction_is_one() -> None:
    assert "1 prediction by" in predictions_text(PREDICTED)


@pytest.mark.parametrize(
    ("of_all", "said"),
    [(0, "less than 1%"), (0.004, "less than 1%"), (0.01, "1%"), (0.996, "more than 99%"), (1, "100%")],
)
def test_a_share_is_never_rounded_to_none_or_all(of_all: float, said: str) -> None:
    assert share(of_all) == said
