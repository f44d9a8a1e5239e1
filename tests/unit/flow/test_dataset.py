"""Datasets: the same bytes are pushed once, and listing what there is reads none of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from releasectl.dataset import Pushed, listed, push, training_text
from releasectl.errors import InvalidInput
from tests.unit.flow.fake_pachyderm import Metered


@pytest.fixture
def data() -> Metered:
    return Metered()


def pushed(data: Metered, file: Path, content: bytes) -> Pushed:
    file.write_bytes(content)
    return push(data, file, repo="income_data", branch="incoming", path="/data.csv")


def test_the_same_bytes_give_the_head_that_holds_them(data: Metered, tmp_path: Path) -> None:
    first = pushed(data, tmp_path / "first.csv", b"age\n1\n2\n")
    assert (first.new, first.rows, first.size) == (True, 2, 8)
    again = pushed(data, tmp_path / "again.csv", b"age\n1\n2\n")
    assert (again.new, again.commit) == (False, first.commit)


def test_the_bytes_of_an_older_commit_become_the_head_again(data: Metered, tmp_path: Path) -> None:
    first = pushed(data, tmp_path / "first.csv", b"age\n1\n2\n")
    pushed(data, tmp_path / "other.csv", b"age\n3\n4\n")
    back = pushed(data, tmp_path / "first.csv", b"age\n1\n2\n")
    assert back.new
    assert back.commit == data.heads["income_data"]["incoming"] != first.commit
    assert data.contents["income_data", back.commit] == {"/data.csv": b"age\n1\n2\n"}


@pytest.mark.parametrize("broken", [{"finished": False}, {"error": "disk full"}], ids=["open", "failed"])
def test_a_head_that_is_not_sound_holds_nothing(
    data: Metered, tmp_path: Path, broken: dict[str, Any]
) -> None:
    first = pushed(data, tmp_path / "data.csv", b"age\n1\n")
    key = "income_data", first.commit
    data.states[key] = replace(data.states[key], **broken)
    assert pushed(data, tmp_path / "data.csv", b"age\n1\n").new


def test_a_branch_that_is_named_gets_a_commit_of_its_own(data: Metered, tmp_path: Path) -> None:
    first = pushed(data, tmp_path / "data.csv", b"age\n1\n")
    other = push(data, tmp_path / "data.csv", repo="income_data", branch="trial", path="/data.csv")
    assert (other.new, other.branch, other.commit == first.commit) == (True, "trial", False)


def test_only_a_file_of_the_same_size_is_read(data: Metered, tmp_path: Path) -> None:
    pushed(data, tmp_path / "long.csv", b"age\n1\n2\n3\n")
    pushed(data, tmp_path / "short.csv", b"age\n1\n")
    assert data.reads == []
    pushed(data, tmp_path / "as-short.csv", b"age\n2\n")
    assert data.reads == ["/data.csv"]


def test_a_list_has_sizes_and_reads_nothing(data: Metered, tmp_path: Path) -> None:
    old = pushed(data, tmp_path / "long.csv", b"age\n1\n2\n3\n")
    new = pushed(data, tmp_path / "short.csv", b"age\n1\n")
    found = [(each.state.commit, each.branches, each.size) for each in listed(data, "income_data")]
    assert found == [(new.commit, ("incoming",), 6), (old.commit, (), 10)]
    assert data.reads == []


def test_the_list_of_a_repository_that_is_not_there_names_those_that_are(
    data: Metered, tmp_path: Path
) -> None:
    pushed(data, tmp_path / "data.csv", b"age\n1\n")
    with pytest.raises(InvalidInput) as raised:
        list(listed(data, "incomes"))
    assert "income_data" in raised.value.problems[0].remedy


@pytest.mark.parametrize("content", [b"age\n1\n2", b"age\n1\n2\n", b"age\r\n1\r\n2\r\n"])
def test_rows_are_counted_whatever_ends_the_last_line(data: Metered, tmp_path: Path, content: bytes) -> None:
    assert pushed(data, tmp_path / "data.csv", content).rows == 2


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["", "byte-order-mark"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_nothing_but_the_commit_changes_in_training_yaml(start: str, ending: str) -> None:
    text = f"{start}# why{ending}repo: income_data{ending}commit: {'1a' * 16}  # first{ending}"
    assert training_text(text, "2b" * 16) == text.replace("1a" * 16, "2b" * 16)
