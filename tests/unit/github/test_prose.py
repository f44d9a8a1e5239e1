"""What is written for GitHub, in a terminal: the same words without its escapes."""

from __future__ import annotations

import click
import pytest

from releasectl.report.markdown import code, folded, table, text
from releasectl.report.prose import as_text

WORDS = "a_b *c* <d> @team #1 gh-2 www.example.org x.yaml:3:9"


@pytest.mark.parametrize("columns", [80, 120])
def test_the_words_are_as_they_were(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    cells = table(["one", "two"], [[text(WORDS), code("a|b")]])
    told = click.unstyle(as_text("\n\n".join([text(WORDS), folded("More", code("a_b")), cells])))
    lines = [line.strip() for line in told.splitlines() if line]
    assert lines[:3] == [WORDS, "More", "a_b"]
    assert lines[-1].split() == [*WORDS.split(), "a|b"]
    assert max(map(len, told.splitlines())) <= columns


BAR = "█" * 10
BEFORE, AFTER = "8250fc4c4d09413fa5c1cc43702a6334", "084939492b674d7a9517179dea2b08f0"
COMMITS = table(
    ["", "before", "after"],
    [
        ["dataset income_holdout of the candidate", code(BEFORE), code(AFTER)],
        ["strategy", "direct", "shadow 100 %"],
    ],
)
GROUPS = table(
    ["trait", "group", "rows", "selected: model", "candidate", "", "found: model", "candidate"],
    [
        ["native-country", "Married-spouse-absent", "102", "0.07843", "0.06863", BAR, "0.4286", "0.43"],
        ["native-country", "elsewhere", "713", "0.1122", "0.1136", BAR, "0.4586", "0.4587"],
        ["race", "White", "6746", "0.1565", "0.1675", BAR, "0.4791", "0.4968"],
    ],
    right=(2, 3, 4, 6, 7),
)  # fmt: skip


def drawn(written: str) -> str:
    return "\n".join(line.rstrip() for line in click.unstyle(as_text(written)).strip("\n").splitlines())


def test_in_a_narrow_terminal_values_stand_below_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert (
        drawn(COMMITS)
        == f"""\
  before                            after
dataset income_holdout of the candidate
  {BEFORE}  {AFTER}
strategy
  direct                            shadow 100 %"""
    )


def test_names_that_are_the_same_stand_once_and_bars_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert (
        drawn(GROUPS)
        == """\
  group                  rows  selected:  candidate  found:  candidate
                                   model              model
native-country
  Married-spouse-absent   102    0.07843    0.06863  0.4286       0.43
  elsewhere               713     0.1122     0.1136  0.4586     0.4587
race
  White                  6746     0.1565     0.1675  0.4791     0.4968"""
    )


def test_where_there_is_room_they_are_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert "native-country  Married-spouse-absent   102" in drawn(GROUPS)
    assert BAR in drawn(GROUPS)
