"""Two states of a release, side by side: of a trial, the model and its candidate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from releasectl.model import Strategy
from releasectl.review.models import compared
from tests.builder import CANDIDATE, DATASET, HOLDOUT, MODEL, build, commit_id, make_lock

OTHER = commit_id("dataset 2")
LOCKS = {MODEL: make_lock(MODEL), CANDIDATE: make_lock(CANDIDATE, dataset=OTHER)}


def test_a_model_replaces_another(tmp_path: Path) -> None:
    old = build(tmp_path).load().releases[0]
    found = compared("production/income", old, replace(old, model=CANDIDATE), LOCKS.__getitem__)
    assert {row.what: (row.old, row.new) for row in found.rows} == {
        "model": (MODEL, CANDIDATE),
        "dataset income_data": (DATASET, OTHER),
    }
    assert found.sides == ("before", "after")


def test_a_step_of_a_trial_names_both_models_and_their_data(tmp_path: Path) -> None:
    """Neither commit changes with it, and a reviewer compares them all the same."""
    release = build(tmp_path).load().releases[0]
    old = replace(release, strategy=Strategy("shadow", CANDIDATE, mirror=100))
    new = replace(release, strategy=Strategy("canary", CANDIDATE, traffic=10))
    found = compared("production/income", old, new, LOCKS.__getitem__)
    rows = {row.what: (row.old, row.new) for row in found.rows}
    assert rows.pop("strategy") == ("shadow 100 %", "canary 10 %")
    assert rows == {
        "model": (MODEL, MODEL),
        "dataset income_data": (DATASET, DATASET),
        "dataset income_holdout": (HOLDOUT, HOLDOUT),
        "dataset income_data of the candidate": (OTHER, OTHER),
        "dataset income_holdout of the candidate": (HOLDOUT, HOLDOUT),
    }
    assert found.sides == ("model", "candidate")
