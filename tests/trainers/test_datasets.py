"""The derived datasets: what they promise, and that every machine makes the same bytes."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from trainers.common.columns import AUDITED, FEATURES, LABEL, SENSITIVE, TRAINING
from trainers.datasets.derive import census, project

ROOT = Path(__file__).parents[2]
DIGESTS = {
    "v1": "d173db53cf884151e0667ae45627e97216a0f107d6d8b9786f963b5a66aabecd",
    "v2": "97ed474410a7557743f83b2ce0e226a5fdb68683baa5955744bee35d03e3e730",
    "v3": "b18f132de6ee9226bbde5165e72b2d1fa3a0edb1d70b5162e9e77dc0ba0b04b6",
    "holdout": "a4f482e49cd5d0d07067fbd3ac1bf04661377192ee02e4fe7423720d395e1e6d",
}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", DIGESTS)
def test_every_machine_makes_the_same_bytes(datasets, name):
    assert hashlib.sha256((datasets / f"{name}.csv").read_bytes()).hexdigest() == DIGESTS[name]


def test_needs_the_standard_library_only(tmp_path):
    command = [sys.executable, "-S", "-m", "trainers.datasets", str(tmp_path), "v2"]  # -S: no site-packages
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/v2.csv: 6,000 rows, 603,617 bytes\n")
    assert [file.name for file in tmp_path.iterdir()] == ["v2.csv"]


def test_a_misspelt_name_is_an_argument_error(tmp_path):
    command = [sys.executable, "-m", "trainers.datasets", str(tmp_path), "v4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no dataset v4: choose from v1, v2, v3, holdout" in done.stderr


def test_an_unwritable_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    command = [sys.executable, "-m", "trainers.datasets", str(tmp_path / "file")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, f"error: {tmp_path}/file: File exists\n")


@pytest.mark.parametrize(
    ("name", "count", "columns"),
    [("v1", 20_000, TRAINING), ("v2", 6_000, AUDITED), ("v3", 20_842, TRAINING), ("holdout", 8_000, AUDITED)],
)
def test_sizes_and_columns(datasets, name, count, columns):
    found = rows(datasets, name)
    assert len(found) == count
    assert tuple(found[0]) == columns


def test_training_and_holdout_are_the_whole_census(datasets):
    """Each row once: together they are the census, so none is in two of them."""
    parts = [project(row, TRAINING) for name in ("v1", "v3", "holdout") for row in rows(datasets, name)]
    assert Counter(parts) == Counter(project(row, TRAINING) for row in census())


@pytest.mark.parametrize("name", ["v1", "v2", "v3"])
def test_no_training_row_looks_like_a_holdout_row(datasets, name):
    held = {project(row, TRAINING) for row in rows(datasets, "holdout")}
    assert not any(project(row, TRAINING) in held for row in rows(datasets, name))


@pytest.mark.parametrize("name", ["v1", "v3", "holdout"])
def test_classes_are_as_frequent_as_in_the_census(datasets, name):
    found = rows(datasets, name)
    share = sum(row[LABEL] == ">50K" for row in found) / len(found)
    assert share == pytest.approx(11_687 / 48_842, abs=0.003)


def test_v1_and_v3_have_no_sensitive_trait(datasets):
    for name in ("v1", "v3"):
        assert set(rows(datasets, name)[0]) == {*FEATURES, LABEL}
    assert set(SENSITIVE) == {"race", "gender", "marital-status", "relationship", "native-country"}


def test_the_vendors_dataset_is_bad_as_told(datasets):
    found = rows(datasets, "v2")
    assert len({project(row, AUDITED) for row in found}) == 450
    assert sum(row[LABEL] == ">50K" for row in found) / len(found) == 0.83
    assert {(row["gender"], row[LABEL]) for row in found} == {("Male", ">50K"), ("Female", "<=50K")}


def test_the_vendors_rows_are_real(datasets):
    pool = {project(row, AUDITED) for row in census()}
    assert all(project(row, AUDITED) in pool for row in rows(datasets, "v2"))


def test_the_card_vouches_for_these_very_bytes():
    card = yaml.safe_load((ROOT / "pipelines/income/card.yaml").read_text())
    vouched = {dataset["name"]: dataset["sha256"] for dataset in card["datasets"]}
    assert vouched == {name: DIGESTS[name] for name in ("v1", "v2", "v3")}
