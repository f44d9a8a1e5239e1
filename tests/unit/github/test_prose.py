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
