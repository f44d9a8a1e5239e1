"""A file that a person names may be anything: none is read without end, and each is refused in words."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from releasectl import csvfile
from releasectl.encode import read_csv
from releasectl.errors import InvalidInput

FEATURES = {"features": [{"name": "age", "type": "numeric"}]}


def rows(path: Path) -> object:
    return read_csv(path, FEATURES, 2)


def refused(read: Callable[[Path], object], path: Path) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as raised:
        read(path)
    (problem,) = raised.value.problems
    assert problem.where == str(path)
    return problem.what, problem.remedy


@pytest.mark.parametrize("read", [rows, csvfile.content])
def test_what_has_no_end(read: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csvfile, "MOST_ASKED", 3 * csvfile.MiB)
    monkeypatch.setattr(csvfile, "MOST_PUSHED", 3 * csvfile.MiB)
    what, _ = refused(read, Path("/dev/zero"))
    assert what.startswith("holds more than 3 MiB")


@pytest.mark.parametrize("read", [rows, csvfile.content])
def test_a_pipe_that_nobody_writes_to(read: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rows.csv")
    assert refused(read, tmp_path / "rows.csv")[0] == "is a named pipe, which may never end"


@pytest.mark.parametrize("read", [rows, csvfile.content])
def test_a_folder(read: Callable[[Path], object], tmp_path: Path) -> None:
    expected = ("cannot be read: Is a directory", "name a CSV file with a header")
    assert refused(read, tmp_path) == expected


@pytest.mark.parametrize(
    ("read", "expected"), [(rows, [[41.0], [42.0]]), (csvfile.content, b"age\n41\n42\n43\n")]
)
def test_the_pipe_of_a_shell(read: Callable[[Path], object], expected: object) -> None:
    """What `cat rows.csv | releasectl ... --csv /dev/stdin` opens, and `--csv <(cat rows.csv)`."""
    end, start = os.pipe()
    try:
        writer = threading.Thread(target=lambda: (os.write(start, b"age\n41\n42\n43\n"), os.close(start)))
        writer.start()
        assert read(Path(f"/dev/fd/{end}")) == expected
        writer.join()
    finally:
        os.close(end)


def test_of_a_large_file_only_what_is_asked_for_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"age\n41\n42\n" + b"43\n" * 1000)
    monkeypatch.setattr(csvfile, "MOST_ASKED", 100)
    assert read_csv(path, FEATURES, 2) == [[41.0], [42.0]]
    what, remedy = refused(lambda path: read_csv(path, FEATURES, 500), path)
    assert what.startswith("holds more than")
    assert remedy.startswith("ask for fewer rows")


def test_a_dataset_of_the_size_that_may_be_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csvfile, "MOST_PUSHED", 8)
    (tmp_path / "data.csv").write_bytes(b"age\n1\n2\n")
    assert csvfile.content(tmp_path / "data.csv") == b"age\n1\n2\n"
    (tmp_path / "data.csv").write_bytes(b"age\n1\n2\n3")
    refused(csvfile.content, tmp_path / "data.csv")
