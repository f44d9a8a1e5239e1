"""The DAG run by hand, as Pachyderm would: what it leaves in copy_models, the same every time."""

from __future__ import annotations

import base64
import filecmp
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from releasectl.recount import contradictions
from trainers.common.columns import SENSITIVE
from trainers.common.encode import encode
from trainers.common.table import read_holdout

ROOT = Path(__file__).parents[2]
SERVED = [
    "drift/config.toml",
    "drift/x_ref.npy",
    "evidence/card.yaml",
    "evidence/data-profile.json",
    "evidence/groups.json",
    "evidence/holdout-scores.json",
    "evidence/metrics.json",
    "evidence/placements.json",
    "explainer/explainer.dill",
    "explainer/meta.dill",
    "model.joblib",
    "outlier/Mahalanobis.dill",
    "outlier/meta.dill",
    "schema.json",
]


def served(folder: Path) -> list[str]:
    files = (path for start in [folder, *folder.iterdir()] if start.is_dir() for path in start.iterdir())
    return sorted(str(path.relative_to(folder)) for path in files if path.is_file())


def evidence(folder: Path, name: str) -> dict:
    return json.loads((folder / "evidence" / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def holdout(datasets, v1) -> np.ndarray:
    return encode(read_holdout(datasets / "holdout.csv"), json.loads((v1 / "schema.json").read_text()))


def test_copy_models_holds_all_that_a_release_serves(v1, v2):
    assert served(v1) == served(v2) == SERVED


def test_the_same_input_gives_the_same_bytes(run_dag, v1):
    """Another hash seed, another number of threads, another folder, and forked from one interpreter."""
    again = run_dag("v1", PYTHONHASHSEED="7", OMP_NUM_THREADS="1") / "copy_models" / "income"
    assert filecmp.cmpfiles(v1, again, SERVED, shallow=False) == (SERVED, [], [])


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("features", "schema.json"),
        ("metrics", "evidence/metrics.json"),
        ("groups", "evidence/groups.json"),
        ("data-profile", "evidence/data-profile.json"),
        ("holdout-scores", "evidence/holdout-scores.json"),
        ("placements", "evidence/placements.json"),
        ("card", "evidence/card.yaml"),
    ],
)
def test_evidence_keeps_to_its_schema(v1, v2, schema, file):
    check = ROOT / ".venv/bin/check-jsonschema"
    command = [check, "--schemafile", ROOT / f"trainers/schemas/{schema}.schema.json", v1 / file, v2 / file]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_evidence_bears_out_its_own_counts(v1, v2):
    """As EVID-001 counts them again; what trainers round must not be held against them."""
    for folder in (v1, v2):
        kinds = {"profile": "data-profile", "metrics": "metrics", "groups": "groups"}
        found = {kind: evidence(folder, file) for kind, file in kinds.items()}
        assert list(contradictions(found)) == []


def test_the_model_needs_no_code_of_ours(v1):
    """-I: an interpreter that finds installed packages and nothing else."""
    code = "import joblib, sys; print(joblib.load(sys.argv[1]).predict_proba([[0.0] * 7]).shape)"
    command = [sys.executable, "-I", "-c", code, str(v1 / "model.joblib")]
    done = subprocess.run(command, cwd=v1, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("(1, 2)\n", "")


@pytest.mark.parametrize("file", ["explainer/explainer.dill", "outlier/Mahalanobis.dill"])
def test_explainer_and_detector_hold_neither_our_code_nor_the_model(v1, file):
    content = (v1 / file).read_bytes()
    assert b"trainers" not in content
    assert b"GradientBoosting" not in content


def test_model_one_is_good_and_clean(v1):
    metrics, profile = evidence(v1, "metrics"), evidence(v1, "data-profile")
    assert metrics["roc_auc"] > 0.87
    assert 0.9 < metrics["calibration"]["slope"] < 1.1
    assert metrics["unseen_categories"] == {}
    assert profile["training"]["rows"] == 20_000
    assert profile["holdout"]["training_rows_in_holdout"] == 0
    assert not set(profile["features"]) & set(SENSITIVE)
    assert max(feature["label_auc"] for feature in profile["features"].values()) < 0.95
    assert next(iter(metrics["importance"])) == "age"


def test_model_two_is_driven_by_gender_and_the_evidence_says_so(v2):
    metrics, profile, groups = (evidence(v2, name) for name in ("metrics", "data-profile", "groups"))
    assert metrics["roc_auc"] < 0.65
    assert next(iter(metrics["importance"])) == "gender"
    assert set(profile["features"]) >= set(SENSITIVE)
    assert profile["features"]["gender"]["label_auc"] == 1
    assert (profile["training"]["distinct_rows"], profile["training"]["label_rate"]) == (450, 0.83)
    gender = groups["traits"]["gender"]["groups"]
    assert (gender["Female"]["selection_rate"], gender["Male"]["selection_rate"]) == (0, 1)
    assert gender["Female"]["selection_rate_ratio"] == 0
    assert groups["proxies"]["gender"]["gender"]["auc"] == 1
    assert metrics["unseen_categories"]["native-country"] > 0


def test_every_holdout_row_is_in_one_group_of_each_trait(v1):
    for trait in evidence(v1, "groups")["traits"].values():
        members = trait["groups"].values()
        assert sum(group["rows"] for group in members) == 8_000
        assert sum(group["positives"] for group in members) == 1_915
        assert all(group["selected_positives"] <= group["positives"] for group in members)


def test_histograms_of_two_profiles_can_be_compared(v1, v2):
    one, two = evidence(v1, "data-profile"), evidence(v2, "data-profile")
    for name in ("age", "capital-gain", "capital-loss", "hours-per-week"):
        first, second = (each["features"][name]["histogram"] for each in (one, two))
        assert first["edges"] == second["edges"]
        assert (sum(first["counts"]), sum(second["counts"])) == (20_000, 6_000)


def test_scores_are_those_of_the_model(v1, holdout):
    import joblib

    kept = evidence(v1, "holdout-scores")
    scores = joblib.load(v1 / "model.joblib").predict_proba(holdout)[:, 1]
    np.testing.assert_allclose(np.array(kept["scores"]) / kept["scale"], scores, atol=5.1e-5)
    assert (v1 / "evidence/holdout-scores.json").stat().st_size < 100_000


def test_placements_are_a_model_s_auc(v1):
    kept, area = evidence(v1, "placements"), evidence(v1, "metrics")["roc_auc"]
    words = np.frombuffer(base64.b64decode(kept["rows_base64"]), dtype=">u2")
    labels, found = words >> 15, (words & kept["steps"]) / kept["steps"]
    assert (len(words), int(labels.sum())) == (kept["rows"], kept["positives"]) == (8_000, 1_915)
    assert found[labels == 1].mean() == pytest.approx(area, abs=1e-5)
    assert found[labels == 0].mean() == pytest.approx(area, abs=1e-5)


def test_the_reasons_of_model_two_are_its_only_feature(v1, v2):
    one, two = evidence(v1, "metrics")["reasons"], evidence(v2, "metrics")["reasons"]
    assert one["covered_share"] > 0.95
    assert two["named"] == {"gender": 1}


def test_groups_are_measured_against_the_group_selected_most(v1):
    groups = evidence(v1, "groups")["traits"]
    assert groups["gender"]["reference"] == "Male"
    assert groups["native-country"]["reference"] == "United-States"
    women = groups["gender"]["groups"]["Female"]
    low, high = women["selection_rate_ratio_interval"]
    assert low < women["selection_rate_ratio"] < high < 0.8
    assert women["label_rate_ratio"] < women["selection_rate_ratio"]
    gap = groups["gender"]["gaps"]["true_positive_rate"]
    assert gap["interval"][0] < 0 < gap["gap"] < gap["interval"][1] < 0.15


def test_the_card_says_which_data_and_from_whom(v1, v2):
    one, two = (yaml.safe_load((each / "evidence/card.yaml").read_text()) for each in (v1, v2))
    assert one["training_data"]["commit"] == "d" * 32
    assert one["holdout"]["commit"] == "e" * 32
    assert one["training_data"]["provenance"]["supplier"] == "UCI Machine Learning Repository"
    assert two["training_data"]["provenance"]["supplier"] == "Lookalike Data Ltd"
    assert set(one["features"]) == set(one["reasons"])


def test_explanations_are_readable(v1, v2, datasets):
    for folder in (v1, v2):
        import joblib
        from alibi.saving import load_explainer

        schema = json.loads((folder / "schema.json").read_text())
        model = joblib.load(folder / "model.joblib")
        explainer = load_explainer(folder / "explainer", model.predict)
        rows = encode(read_holdout(datasets / "holdout.csv"), schema)
        known = rows[(rows >= 0).all(axis=1)][:10]
        anchors = {fact for row in known for fact in explainer.explain(row, threshold=0.9).anchor}
        names = {feature["name"] for feature in schema["features"]}
        assert all(any(name in fact for name in names) for fact in anchors)
        if folder == v2:
            assert anchors == {"gender = Female", "gender = Male"}


def test_drift_is_seen_and_its_absence_too(v1, holdout):
    from alibi_detect.saving import load_detector

    detector = load_detector(v1 / "drift")

    def alarms(rows: np.ndarray, batches: int = 40) -> float:
        draw = np.random.default_rng(0)
        picks = [draw.choice(len(rows), 200, replace=False) for _ in range(batches)]
        return float(np.mean([detector.predict(rows[pick])["data"]["is_drift"] for pick in picks]))

    assert alarms(holdout) <= 0.1
    assert alarms(holdout[holdout[:, 0] > 45]) == 1


def test_the_outlier_detector_is_saved_as_alibi_detect_would(v1, tmp_path):
    """Its own functions load it, and save the same bytes; both need TensorFlow."""
    code = (
        "import sys; from trainers.common.lean import Finder; sys.meta_path.insert(0, Finder());"
        "from alibi_detect.saving import load_detector as load, save_detector as save;"
        "save(load(sys.argv[1]), sys.argv[2])"
    )
    command = [sys.executable, "-c", code, v1 / "outlier", tmp_path]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    files = ["Mahalanobis.dill", "meta.dill"]
    assert served(tmp_path) == files
    assert filecmp.cmpfiles(v1 / "outlier", tmp_path, files, shallow=False) == (files, [], [])


def test_an_outlier_is_flagged_whatever_was_asked_before(datasets, holdout):
    from trainers.common.encode import schema_of
    from trainers.common.table import read_training
    from trainers.outlier.train import fit

    table = read_training(datasets / "v1.csv")
    detector = fit(encode(table, schema_of(table)))

    def flagged(rows: np.ndarray) -> np.ndarray:
        return detector.predict(rows)["data"]["is_outlier"]

    months = holdout[:1000].copy()
    months[:, 0] *= 12
    before = flagged(holdout)
    assert before.mean() < 0.02
    assert flagged(months).all()
    np.testing.assert_array_equal(flagged(holdout), before)


def test_outlier_detection_survives_a_column_without_variance():
    from trainers.outlier.train import fit

    rows = np.random.default_rng(0).normal(size=(500, 3))
    rows[:, 1] = 4
    detector = fit(rows)
    assert detector.n_components == 2
    assert detector.predict(np.array([[9.0, 4, 9]]))["data"]["is_outlier"].all()
