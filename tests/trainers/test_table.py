"""A dataset that could only train a wrong model is refused, with its line and a remedy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trainers.common.columns import AUDITED, CLASSES, COLUMNS, LABEL, TRAINING
from trainers.common.encode import UNSEEN, encode, schema_of
from trainers.common.errors import InvalidData
from trainers.common.table import read_holdout, read_training

ROOT = Path(__file__).parents[2]
HEADER = ",".join(TRAINING)
LOW = "25,Private,11th,Sales,0,0,40,<=50K"
HIGH = "44,State-gov,Masters,Tech-support,7688,0,50,>50K"
NEEDS = "the file needs " + ", ".join(TRAINING)


@pytest.fixture
def file(tmp_path):
    def write(*lines: str) -> Path:
        path = tmp_path / "data.csv"
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return write


def problems(path: Path, read=read_training) -> list[str]:
    with pytest.raises(InvalidData) as caught:
        read(path)
    return [str(problem).replace(str(path), "data.csv") for problem in caught.value.problems]


CASES = {
    "empty": ([], "error: data.csv:1: the file is empty -> push a CSV file with a header and rows"),
    "no rows": ([HEADER], "error: data.csv:1: there is a header and no row -> push a dataset that has rows"),
    "missing column": (
        [HEADER.replace("age,", ""), LOW[3:], HIGH[3:]],
        f"error: data.csv:1: column 'age' is missing -> {NEEDS}",
    ),
    "misspelt column": (
        [HEADER.replace("capital-gain", "capital_gain"), LOW, HIGH],
        "error: data.csv:1: column 'capital-gain' is missing -> rename 'capital_gain' to it",
    ),
    "unknown column": (
        ["shoe-size," + HEADER, "44," + LOW, "43," + HIGH],
        "error: data.csv:1: unknown column 'shoe-size' -> drop it, or declare its type in "
        "trainers/common/columns.py",
    ),
    "refused column": (
        ["fnlwgt," + HEADER, "1," + LOW, "2," + HIGH],
        "error: data.csv:1: column 'fnlwgt' may not train: it is the survey's weight and says nothing of the "
        "applicant -> drop it",
    ),
    "column twice": (
        [HEADER + ",age", LOW + ",1", HIGH + ",1"],
        "error: data.csv:1: column 'age' appears 2 times -> keep one of them",
    ),
    "semicolons": (
        [HEADER.replace(",", ";"), LOW.replace(",", ";")],
        "error: data.csv:1: the columns are separated by ';' -> separate them by commas",
    ),
    "ragged": (
        [HEADER, LOW, HIGH + ",1", HIGH + ",2"],
        "error: data.csv:3: 9 cells where the header has 8 (and 1 more row) -> give every row one cell per "
        "column",
    ),
    "text for a number": (
        [HEADER, LOW, HIGH.replace("44", "forty"), HIGH],
        "error: data.csv:3: 'forty' in column 'age' -> write a number; a row without one cannot train",
    ),
    "empty for a number": (
        [HEADER, LOW, HIGH.replace("44", "")],
        "error: data.csv:3: '' in column 'age' -> write a number; a row without one cannot train",
    ),
    "not a number": (
        [HEADER, LOW.replace("25", "nan"), HIGH],
        "error: data.csv:2: 'nan' in column 'age' -> write a number; a row without one cannot train",
    ),
    "a number for Python alone": (
        [HEADER, LOW.replace("25", "2_5"), HIGH.replace("44", "\uff14\uff14")],
        "error: data.csv:2: '2_5' in column 'age' (and 1 more row) -> write a number; a row without one "
        "cannot train",
    ),
    "too large for the model": (
        [HEADER, LOW.replace("25", "1e39"), HIGH.replace("44", "-1e400")],
        "error: data.csv:2: '1e39' in column 'age' (and 1 more row) -> write a number below 3.4e+38",
    ),
    "other label": (
        [HEADER, LOW + ".", HIGH],
        "error: data.csv:2: '<=50K.' in column 'income' -> write <=50K or >50K",
    ),
    "one class": (
        [HEADER, LOW, LOW],
        "error: data.csv:1: all 2 rows have income '<=50K' -> give rows of both classes, <=50K and >50K",
    ),
    "open quote": (
        [HEADER, LOW, '"44'],
        "error: data.csv:3: not CSV: unexpected end of data -> quote the cell properly",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused_with_line_and_remedy(file, case):
    lines, expected = CASES[case]
    assert problems(file(*lines)) == [expected]


def test_all_problems_at_once(file):
    path = file(HEADER, LOW.replace("25", "x"), HIGH.replace(">50K", "rich"))
    assert [problem.split(": ")[1] for problem in problems(path)] == ["data.csv:2", "data.csv:3"]


def test_no_file(tmp_path):
    path = tmp_path / "data.csv"
    assert problems(path) == ["error: data.csv:1: there is no such file -> push it as /data.csv"]


def test_not_text(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"\x1f\x8b\xff\xfe")
    assert problems(path)[0].endswith("-> save the file as CSV, UTF-8")


def test_a_folder_is_no_file(tmp_path):
    assert "Is a directory" in problems(tmp_path)[0]


def test_the_holdout_needs_its_audit_columns(file):
    found = problems(file(HEADER, LOW, HIGH), read_holdout)
    assert len(found) == 5
    assert "column 'marital-status' is missing" in found[0]


def test_forgiving_where_nothing_can_go_wrong(file):
    """A byte-order mark, spaces after commas, blank lines, another order of columns: one meaning each."""
    order = [3, 0, 1, 2, 7, 6, 5, 4]
    shuffled = [", ".join(line.split(",")[place] for place in order) for line in (HEADER, LOW, HIGH)]
    path = file("\ufeff" + shuffled[0], shuffled[1], "", shuffled[2])
    assert read_training(path).names == TRAINING[:-1]
    assert read_training(path).labels.tolist() == [0, 1]


def test_an_empty_category_is_not_stated(file):
    table = read_training(file(HEADER, LOW.replace("Private", ""), HIGH))
    assert table.columns["workclass"].tolist() == ["?", "State-gov"]


def test_sensitive_traits_train_if_they_are_there(file):
    """Whether they may is for policy to say; a trainer that dropped them silently would hide them."""
    table = read_training(file("gender," + HEADER, "Male," + LOW, "Female," + HIGH))
    assert "gender" in table.names


def test_encoding_is_an_index_into_sorted_categories(file, tmp_path):
    table = read_training(file(HEADER, LOW, HIGH))
    schema = schema_of(table)
    assert schema["features"][1] == {
        "name": "workclass",
        "type": "categorical",
        "categories": ["Private", "State-gov"],
    }
    np.testing.assert_array_equal(
        encode(table, schema), [[25, 0, 0, 0, 0, 0, 40], [44, 1, 1, 1, 7688, 0, 50]]
    )
    other = tmp_path / "other.csv"
    other.write_text("\n".join([HEADER, LOW.replace("Private", "Never-worked"), HIGH]))
    assert encode(read_training(other), schema)[0, 1] == UNSEEN


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("trainers.income.train", ["data.csv", "out"]),
        ("trainers.explainer.train", ["data.csv", "training", "out"]),
        ("trainers.drift.train", ["data.csv", "training", "out"]),
        ("trainers.outlier.train", ["data.csv", "training", "out"]),
    ],
)
def test_a_job_fails_with_one_line_and_writes_nothing(tmp_path, module, arguments):
    (tmp_path / "data.csv").write_text(f"{HEADER}\n{LOW}\n{LOW}\n")
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "schema.json").write_text("{}")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stderr == (
        "error: data.csv:1: all 2 rows have income '<=50K' -> give rows of both classes, <=50K and >50K\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("name", "required"), [("data", TRAINING), ("holdout", AUDITED)])
def test_the_schema_by_which_a_file_is_looked_at_before_it_is_pushed_is_what_is_read(name, required):
    schema = json.loads((ROOT / f"trainers/schemas/{name}.schema.json").read_text())
    assert sorted(schema["required"]) == sorted(required)
    assert sorted(schema["properties"]) == sorted(AUDITED)
    numbers = {key for key, value in schema["properties"].items() if value.get("type") == "number"}
    assert numbers == {column.name for column in COLUMNS if column.numeric}
    assert tuple(schema["properties"][LABEL]["enum"]) == CLASSES
