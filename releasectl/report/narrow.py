"""A table that does not fit: its first column becomes lines of their own, above what belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

GAP = 2
NAMES = 30  # a first column of this width can be read, however long the names in it are


@dataclass(frozen=True, slots=True)
class Cells:
    """The heading and the rows of a table, each with as many cells."""

    header: Sequence[Text]
    rows: Sequence[Sequence[Text]]

    def without_bare(self) -> Cells:
        """The columns that have no heading only draw what others say."""
        kept = [number for number, cell in enumerate(self.header) if cell.plain or not number]
        return Cells(
            [self.header[number] for number in kept], [[row[number] for number in kept] for row in self.rows]
        )

    def widths(self) -> list[int]:
        """Of the columns, in which no cell has to fold, and of a heading no word."""
        words = [[Text(word) for word in cell.plain.split()] or [cell] for cell in self.header]
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.header)
        return [
            max(cell.cell_len for cell in (*heading, *column))
            for heading, column in zip(words, columns, strict=True)
        ]

    def fits(self, room: int) -> bool:
        first, *others = self.widths()
        return min(first, NAMES) + sum(others) + GAP * (len(others) + 1) <= room


def stacked(cells: Cells, room: int) -> RenderableType:
    """Values below their name, each column as wide as its widest cell; the widest of all folds if need be."""
    widths = cells.widths()[1:]
    over = sum(widths) + GAP * len(widths) - room
    if over > 0:
        widest = widths.index(max(widths))
        widths[widest] = max(1, widths[widest] - over)
    parts: list[RenderableType] = [_line(cells.header[1:], widths, style="bold")]
    for name, together in groupby(cells.rows, key=lambda row: row[0].plain):
        parts.append(Text(name, style="bold"))
        parts += [_line(row[1:], widths) for row in together]
    return Group(*parts)


def _line(cells: Sequence[Text], widths: Sequence[int], style: str = "") -> Table:
    grid = Table.grid(padding=0)
    for width in widths:
        grid.add_column(width=GAP)
        grid.add_column(width=width, overflow="fold")
    grid.add_row(*(each for cell in cells for each in (Text(), cell)), style=style)
    return grid
