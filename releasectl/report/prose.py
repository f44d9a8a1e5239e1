"""Markdown that was written for GitHub, laid out for a terminal."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownElement, TableElement

from releasectl.report.console import text
from releasectl.report.markdown import JOINER
from releasectl.report.narrow import Cells, stacked

_FOLDED = re.compile(r"<details><summary>(.*?)</summary>|</details>")


class Fitted(TableElement):
    """Where a table is too wide, first its bars are left out, then it is stacked: no cell is cut off."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room, cells = options.max_width, self.cells()
        if cells.fits(room):
            yield from super().__rich_console__(console, options)
            return
        yield stacked(cells.without_bare(), room)

    def cells(self) -> Cells:
        header = self.header.row.cells if self.header and self.header.row else []
        rows = self.body.rows if self.body else []
        return Cells(
            [each.content for each in header], [[each.content for each in row.cells] for row in rows]
        )


class Prose(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": Fitted}


def as_text(markdown: str) -> str:
    """Nothing is folded, and nothing is there that only keeps GitHub from mentioning somebody."""
    unfolded = _FOLDED.sub(lambda match: f"\n**{match[1]}**\n" if match[1] else "", markdown)
    return text(Prose(unfolded.replace(JOINER, "")))
