"""CSV files as spreadsheets save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl.encode import read_csv
from releasectl.errors import InvalidInput

FEATURES = {"features": [{"name": "age", "type": "numeric"}]}
BOTH = {"features": [*FEATURES["features"], {"name": "sex", "type": "categorical", "categories": ["f", "m"]}]}


@pytest.mark.parametrize("content", [b"age\n41\n", b"age\r\n41\r\n", b"\xef\xbb\xbfage\r\n41\r\n"])
def test_line_endings_and_a_byte_order_mark_make_no_difference(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "people.csv").write_bytes(content)
    assert read_csv(tmp_path / "people.csv", FEATURES) == [[41.0]]


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_told_as_one_and_not_by_its_columns(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "people.csv").write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_csv(tmp_path / "people.csv", FEATURES)
    assert [problem.what for problem in caught.value.problems] == ["is empty"]


def refused(tmp_path: Path, content: str) -> list[str]:
    (tmp_path / "people.csv").write_text(content)
    with pytest.raises(InvalidInput) as caught:
        read_csv(tmp_path / "people.csv", BOTH)
    return [f"{problem.where.rpartition('/')[2]} {problem.what}" for problem in caught.value.problems]


def test_a_column_that_is_there_twice_is_not_chosen_from(tmp_path: Path) -> None:
    found = refused(tmp_path, "age,sex,note,age,note\n41,f,x,14,y\n")
    assert found == ["people.csv:1 column 'age' is there 2 times"]


def test_no_cell_is_dropped_or_made_up(tmp_path: Path) -> None:
    assert refused(tmp_path, "age,sex\n41,f\n41,f,9\n41\n4l,f\n") == [
        "people.csv:3 the row and the header differ in length: 3 and 2 cells",
        "people.csv:4 the row and the header differ in length: 1 and 2 cells",
        "people.csv:5 age is '4l', which is no number",
    ]


@pytest.mark.parametrize("text", ["41", "+41.", "4.1e1", "410E-1", ".41e2"])
def test_a_number_in_any_notation(tmp_path: Path, text: str) -> None:
    (tmp_path / "people.csv").write_text(f"age\n{text}\n")
    assert read_csv(tmp_path / "people.csv", FEATURES) == [[41.0]]


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1_000", "\uff14\uff11", "0x29", ""])
def test_what_python_alone_takes_for_a_number(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, f"age,sex\n{text},f\n") == [f"people.csv:2 age is {text!r}, which is no number"]


@pytest.mark.parametrize("text", ["1e39", "-1e39", "1e400"])
def test_a_number_that_no_model_can_hold(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, f"age,sex\n{text},f\n") == [
        f"people.csv:2 age is {text!r}, which is beyond 3.4e+38"
    ]
