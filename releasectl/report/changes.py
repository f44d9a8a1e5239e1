"""Changes as text: a reviewer's terms first, the fields below them."""

from __future__ import annotations

from collections.abc import Iterable

import yaml
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from releasectl.fields import FieldChange
from releasectl.model import Json, Missing
from releasectl.plan.values import Change, Highlight, Verb
from releasectl.report.console import ABSENT, grid, indented, shown

STYLES = {
    Verb.CREATE: ("+", "green"),
    Verb.UPDATE: ("~", "yellow"),
    Verb.REPLACE: ("±", "yellow"),
    Verb.MOVE: ("→", "yellow"),
    Verb.RESTART: ("↻", "yellow"),
    Verb.DELETE: ("-", "red"),
    Verb.WAIT: ("…", "blue"),
    Verb.FAILED: ("✗", "red"),
}
ONE_LINE = 70


def changes(found: Iterable[Change], *, fields: bool = True) -> RenderableType:
    return Group(*(_change(change, fields=fields) for change in found))


def _change(change: Change, *, fields: bool) -> RenderableType:
    symbol, style = STYLES[change.verb]
    parts: list[RenderableType] = [Text(f"  {symbol} ", style=style).append(change.resource, style="bold")]
    if change.note:
        parts.append(indented(Text(change.note, style="dim"), 6))
    if change.highlights:
        parts.append(indented(highlights(change.highlights), 6))
    if fields and change.fields:
        parts.append(indented(Group(*(_field(each) for each in change.fields)), 6))
    return Group(*parts)


def highlights(found: Iterable[Highlight]) -> Table:
    """Old and new side by side; where nothing was before, only what is new."""
    found = tuple(found)
    if all(isinstance(each.old, Missing) for each in found):
        table = grid("", "green")
        for each in found:
            table.add_row(each.what, shown(each.new))
        return table
    table = grid("", "red", "dim", "green", "dim")
    for each in found:
        same, first = each.old == each.new, isinstance(each.old, Missing)
        new = Text(shown(each.new), style="dim" if same else "green")
        old = Text("" if first else shown(each.old), style="dim" if same else "red")
        arrow = "=" if same else "" if first else "→"
        table.add_row(each.what, old, arrow, new, _difference(each.old, each.new))
    return table


def _difference(old: Json | Missing, new: Json | Missing) -> str:
    """Of two measurements; counts and commits speak for themselves."""
    if isinstance(old, float) and isinstance(new, float) and old != new:
        return f"{new - old:+.2g}"
    return ""


def _field(change: FieldChange) -> RenderableType:
    line = Text(change.path, style="dim")
    if len(change.path) + len(_flat(change.old)) + len(_flat(change.new)) <= ONE_LINE:
        return (
            line.append(": ")
            .append(_flat(change.old), style="red")
            .append(" → ")
            .append(_flat(change.new), style="green")
        )
    parts: list[RenderableType] = [line]
    if not isinstance(change.old, Missing):
        parts.append(Text(_block(change.old, "- "), style="red"))
    if not isinstance(change.new, Missing):
        parts.append(Text(_block(change.new, "+ "), style="green"))
    return Group(*parts)


def _flat(value: Json | Missing) -> str:
    if isinstance(value, Missing):
        return ABSENT
    return value if isinstance(value, str) and value else _yaml(value).replace("\n", " ")


def _block(value: Json, mark: str) -> str:
    lines = [value] if isinstance(value, str) else _yaml(value).splitlines()
    return "\n".join(f"  {mark}{line}" for line in lines)


def _yaml(value: Json) -> str:
    dumped: str = yaml.safe_dump(value, default_flow_style=None, sort_keys=True, width=ONE_LINE)
    return dumped.removesuffix("...\n").rstrip("\n")
