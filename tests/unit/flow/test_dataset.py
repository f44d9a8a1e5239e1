"""Datasets: the same bytes are pushed once, and listing what there is reads none of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from releasectl.dataset import Pushed, listed, push, training_text
from releasectl.errors import InvalidInput, UsageError
from releasectl.load import load
from releasectl.repo import ENGINE
from tests.builder import build, commit_id
from tests.story import quick  # noqa: F401  (a fixture)
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
    found = [(each.state.commit, each.branches, each.files) for each in listed(data, "income_data")]
    assert found == [(new.commit, ("incoming",), {"/data.csv": 6}), (old.commit, (), {"/data.csv": 10})]
    assert data.reads == []


def test_the_list_of_a_repository_that_is_not_there_names_those_that_are(
    data: Metered, tmp_path: Path
) -> None:
    pushed(data, tmp_path / "data.csv", b"age\n1\n")
    with pytest.raises(UsageError) as raised:
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


HEADER = "age,workclass,education,occupation,capital-gain,capital-loss,hours-per-week,income"
ROW = "27,Private,HS-grad,Sales,0,0,40,<=50K"
DAG = """\
function(images) [{
  pipeline: { name: 'income_training' },
  input: { pfs: { repo: 'income_data', branch: 'master', glob: '/' } },
  transform: { image: images.income, cmd: ['train', '/pfs/income_data/data.csv', '/pfs/out'] },
}]
"""


@pytest.fixture
def clone(tmp_path: Path, data: Metered, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose pipelines read /data.csv of income_data, with the card of the income model."""
    mini = build(tmp_path / "clone")
    mini.write("pipelines/income/dag.jsonnet", DAG)
    mini.write("pipelines/income/card.yaml", (ENGINE / "pipelines/income/card.yaml").read_text())
    monkeypatch.setattr(Workspace, "data", lambda *_: data)
    return mini.root


def command(clone: Path, content: str | bytes, *options: str) -> int:
    file = clone.parent / "new.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return guarded(["-C", str(clone), "data", "push", str(file), *options])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n", "has `a`, `b`, which the trainers refuse"),
        (f"fnlwgt,{HEADER}\n1,{ROW}\n", "has `fnlwgt`, which the trainers refuse"),
        (f"{HEADER}\n{ROW}\n".replace(",income", ""), "lacks income"),
        (f"age,{HEADER}\n1,{ROW}\n", "has `age` more than once"),
        (f"{HEADER}\n", "a header and no row"),
        (f"{HEADER}\n{ROW}\n39,Private\n{ROW},1\n", ":3: 2 cells where the header has 8 (and 1 row more)"),
        (f"{HEADER}\n{ROW}\n{ROW}\xe9\n".encode("latin-1"), "is not UTF-8 text"),
        (f'{HEADER}\n{ROW}\n"{ROW}\n', "is not CSV: unexpected end of data"),
        (b"\xff\xfe\x00\x9c" * 75, "is not UTF-8 text"),
        ("# Title\n\nSome words.\n", "lacks age, workclass"),
    ],
    ids=["other", "refused", "label", "twice", "rows", "ragged", "latin", "quote", "bytes", "markdown"],
)
def test_what_no_trainer_would_read_is_not_pushed(
    clone: Path, data: Metered, capsys: pytest.CaptureFixture[str], content: str | bytes, said: str
) -> None:
    assert command(clone, content) == 3
    told = capsys.readouterr().err
    assert said in told
    assert "--force" in told
    assert data.writes == []
    assert command(clone, content, "--force") == 0
    assert data.writes != []


@pytest.mark.parametrize("begin", ["", "gender,", '"race", ', "\ufeff"], ids=["", "trait", "quoted", "bom"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_what_they_read_goes_where_they_look_for_it(
    clone: Path, data: Metered, begin: str, ending: str
) -> None:
    first = "x," if "," in begin else ""
    assert command(clone, f"{begin}{HEADER}{ending}{first}{ROW}{ending}{ending}") == 0
    (content,) = data.contents.values()
    assert list(content) == ["/data.csv"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--path", "/new.csv"), "no pipeline reads /new.csv of income_data: they read /data.csv"),
        (("--branch", "master"), "what is pushed to income_data@master trains at once"),
    ],
)
def test_what_would_miss_the_pipelines_or_start_them_is_refused(
    clone: Path, data: Metered, capsys: pytest.CaptureFixture[str], options: tuple[str, str], said: str
) -> None:
    assert command(clone, f"{HEADER}\n{ROW}\n", *options) == 2
    assert said in capsys.readouterr().err
    assert data.writes == []


def test_a_dataset_that_the_card_does_not_know_is_told_with_the_entry_to_fill_in(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(clone, f"{HEADER}\n{ROW}\n", "--train") == 0
    entry = capsys.readouterr().out.partition("`datasets`\n")[2]
    card = clone / "pipelines/income/card.yaml"
    before = card.read_text()
    card.write_text(before + entry)
    with pytest.raises(InvalidInput, match="fill the field in"):
        load(clone)
    card.write_text(before + entry.replace(":\n", ": known\n"))
    assert {*load(clone).dags} == {"income"}
    assert command(clone, f"{HEADER}\n{ROW}\n", "--train") == 0
    assert "card.yaml" not in capsys.readouterr().out


def test_a_repository_that_a_misspelt_name_makes_is_told(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for options in (("--repo", "income_dta"), ("--repo", "income_dta", "--force"), ("--repo", "income_data")):
        assert command(clone, f"{HEADER}\n{len(told)}{ROW}\n", *options) == 0
        told.append(capsys.readouterr().out)
    said = "! this made the repository income_dta, which no pipeline reads: did you mean `income_data`?"
    assert [said in each for each in told] == [True, False, False]
    assert command(clone, f"{HEADER}\n{ROW}\n", "--repo", "others", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["made"], found["warnings"]) == (True, ["no pipeline reads others: known: income_data"])


def test_a_list_counts_the_files_of_a_commit_with_many(
    clone: Path, data: Metered, capsys: pytest.CaptureFixture[str]
) -> None:
    for repo, many in (("three", 3), ("four", 4)):
        data.add(repo, "master", commit_id(repo), {f"/{number}": b"12" * 600 for number in range(many)})
        assert guarded(["-C", str(clone), "data", "list", "--repo", repo]) == 0
    told = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert told[2] == "/0 (1,200 bytes), /1 (1,200 bytes), /2 (1,200 bytes)"
    assert told[5] == "4 files (4,800 bytes)"


def test_a_list_tells_when_which_file_came_and_how_large_it_was(
    clone: Path, data: Metered, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(clone, f"{HEADER}\n{ROW}\n") == 0
    capsys.readouterr()
    assert guarded(["-C", str(clone), "data", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "income_data: 1 commit, newest first",
        f"  {data.heads['income_data']['incoming']}  2026-11-24 12:00:00 UTC <- incoming",
        "      /data.csv (121 bytes)  new.csv: 1 row",
    ]
