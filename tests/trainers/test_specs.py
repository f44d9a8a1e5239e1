"""The rendered specs of the DAG: complete, in dependency order, and an image for every trainer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
NAMES = [
    "income_training",
    "income_explainer",
    "income_drift",
    "income_outlier",
    "income_evaluation",
    "copy_models",
]
LIBRARY = "(import 'generators/pipeline.libsonnet')"
TRAINERS = ["income", "explainer", "drift", "outlier", "evaluation"]


def inputs(spec: dict) -> list[dict]:
    return [member["pfs"] for member in spec["input"].get("cross", [spec["input"]])]


def test_in_dependency_order(specs):
    assert [spec["pipeline"]["name"] for spec in specs] == NAMES
    known = {"income_data", "income_holdout"}
    for spec in specs:
        assert {each["repo"] for each in inputs(spec)} <= known
        known.add(spec["pipeline"]["name"])


def test_everything_is_filled_in(specs):
    for spec in specs:
        assert {each["glob"] for each in inputs(spec)} == {"/"}
        assert {"image", "cmd"} <= set(spec["transform"])
        assert {
            "description", "metadata", "parallelism_spec", "resource_requests", "resource_limits",
            "datum_timeout", "job_timeout", "datum_tries", "reprocess_spec",
        } <= set(spec)  # fmt: skip


def test_the_copy_downloads_nothing(specs):
    assert all(each["empty_files"] for each in inputs(specs[-1]))


def test_each_trainer_has_an_image_and_a_dockerfile():
    images = yaml.safe_load((ROOT / "pipelines/images.yaml").read_text())
    assert sorted(images) == sorted(TRAINERS)
    for name in TRAINERS:
        lines = (ROOT / "trainers" / name / "Dockerfile").read_text().splitlines()
        assert "FROM python:3.11-slim" in lines
        assert "USER 10001" in lines
        assert any("--require-hashes" in line for line in lines)


@pytest.mark.parametrize(
    ("snippet", "message"),
    [
        ("(import 'pipelines/income/dag.jsonnet')({})", "pipelines/images.yaml names no image for income"),
        (LIBRARY + ".trainer({})", "must provide name"),
        (LIBRARY + ".trainer({ name: 'n' }).transform.image", "must provide image for n"),
        (LIBRARY + ".gather({ name: 'n' }).transform.stdin", "must provide links for n"),
    ],
)
def test_what_is_required_says_so(snippet, message):
    code = f"import _jsonnet; _jsonnet.evaluate_snippet('snippet', {snippet!r}, jpathdir=['.'])"
    done = subprocess.run([ROOT / ".venv/bin/python", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert message in done.stderr
