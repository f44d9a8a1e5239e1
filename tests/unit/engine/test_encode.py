"""CSV files as spreadsheets save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl.encode import read_csv
from releasectl.errors import InvalidInput

FEATURES = {"features": [{"name": "age", "type": "numeric"}]}


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
