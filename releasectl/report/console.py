"""Text for a terminal: rich lays it out, and click takes the colours away where there is no terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from releasectl.errors import Problem
from releasectl.model import Json, Missing
from releasectl.report.width import width

ABSENT = "-"
_COMMIT = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}")
_TRAILING = re.compile(r"[ \t]+((?:\x1b\[[0-9;]*m)*)$")


def text(*parts: RenderableType) -> str:
    """As wide as the terminal, within reason; lines end where their text ends."""
    console = Console(
        force_terminal=True,
        color_system="standard",
        no_color="NO_COLOR" in os.environ,
        width=width(),
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as capture:
        console.print(*parts, sep="\n", crop=False)
    return "".join(f"{_stripped(line)}\n" for line in capture.get().splitlines())


def _stripped(line: str) -> str:
    """Without the blanks that fill up a column; they may sit between colour codes."""
    while (shorter := _TRAILING.sub(r"\1", line)) != line:
        line = shorter
    return line


def shown(value: Json | Missing) -> str:
    """A value in a few characters: commits by their first twelve digits, what is absent as a dash."""
    if isinstance(value, Missing) or value is None:
        return ABSENT
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return value[:12] if _COMMIT.fullmatch(value) else value
    return str(value)


def grid(*columns: str) -> Table:
    """Aligned columns without lines; each of `columns` is a style. Long words fold, nothing is cut off."""
    table = Table.grid(padding=(0, 2))
    for style in columns:
        table.add_column(style=style, overflow="fold")
    return table


def indented(part: RenderableType, by: int = 2) -> RenderableType:
    return Padding(part, (0, 0, 0, by))


def command(line: str) -> RenderableType:
    return as_typed(f"  $ {line}", "cyan")


def as_typed(line: str, style: str = "dim") -> RenderableType:
    """To be copied: on one line, however long, or a shell would get another."""
    return Group(Text(line, style=style, no_wrap=True, overflow="ignore"))


def problems(found: Iterable[Problem], symbol: str = "!", style: str = "yellow") -> RenderableType:
    """Where, what, and below it what to do; neighbours share a place and a remedy that are the same."""
    table = Table.grid(padding=(0, 1))
    table.add_column(style=style)
    table.add_column(overflow="fold")
    for remedy, together in groupby(found, key=lambda problem: problem.remedy):
        for where, there in groupby(together, key=lambda problem: problem.where):
            first, *more = [problem.what for problem in there]
            table.add_row(symbol, f"{where}: {first}" if not more else f"{where}:")
            for what in (first, *more) if more else ():
                table.add_row("", marked("-", what))
        table.add_row("", Text(f"→ {remedy}", style="cyan"))
    return indented(table)


def marked(mark: str | Text, told: str | Text, style: str = "") -> RenderableType:
    """Lines that follow stand below the first word, not below the mark; a long word folds."""
    row = Table.grid(padding=(0, 1))
    row.add_column()
    row.add_column(overflow="fold")
    row.add_row(mark, told, style=style)
    return row


def plural(count: int, noun: str, many: str = "") -> str:
    return f"{count} {noun if count == 1 else many or noun + 's'}"
