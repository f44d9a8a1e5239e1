"""Changes as text: a reviewer's terms first, the fields below them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

import yaml
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from releasectl.fields import FieldChange
from releasectl.letters import few
from releasectl.model import Json, Missing
from releasectl.plan.values import Change, Highlight, Verb
from releasectl.report.console import ABSENT, grid, indented, marked, plural, shown
from releasectl.report.width import width

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
SYMBOL, GAP = 5, 2
COMMIT = re.compile(r"\b[0-9a-f]{32}\b")


def changes(found: Iterable[Change], *, fields: bool = True) -> RenderableType:
    return Group(*(_change(change, fields=fields) for change in found))


def edited(paths: Sequence[str]) -> str:
    """What no commit says yet, and so nobody can find or revert."""
    return f"! the tree has uncommitted changes: {plural(len(paths), 'file')} ({few(paths)})"


def brief(found: Iterable[Change]) -> RenderableType:
    """A line for each, with its first difference, or two: for those who have seen the plan."""
    told = [(change, _first(change)) for change in found]
    columns = zip_longest(*((change.resource, *cells) for change, cells in told), fillvalue="")
    if sum(max(map(len, column)) + GAP for column in columns) + SYMBOL > width():
        return Group(*(_on_two_lines(change, cells) for change, cells in told))
    table = grid("", "bold", "dim", "red", "dim", "green")
    for change, cells in told:
        table.add_row(_symbol(change), change.resource, *cells)
    return table


def _on_two_lines(change: Change, cells: Sequence[str]) -> RenderableType:
    resource = _symbol(change).append("  ").append(change.resource, "bold")
    return Group(resource, *([indented(Text(" ".join(cells), "dim"), 6)] if cells else []))


def _symbol(change: Change) -> Text:
    symbol, style = STYLES[change.verb]
    return Text(f"  {symbol}", style=style)


def _first(change: Change) -> Sequence[str]:
    """What names another commit comes before any share of the traffic; a lone field stands for itself."""
    moved = (each for each in change.highlights if COMMIT.search(f"{each.old} {each.new}"))
    if found := next(moved, next(iter(change.highlights), None)):
        return (found.what, shown(found.old), "→", shown(found.new))
    if len(change.fields) != 1:
        return (plural(len(change.fields), "field"),) if change.fields else ()
    (field,) = change.fields
    old, new = _flat(field.old), _flat(field.new)
    return (field.path, old, "→", new) if len(old + new) <= ONE_LINE else (field.path,)


def _change(change: Change, *, fields: bool) -> RenderableType:
    symbol, style = STYLES[change.verb]
    parts: list[RenderableType] = [Text(f"  {symbol} ", style=style).append(change.resource, style="bold")]
    if change.note:
        parts.append(indented(Text(change.note, style="dim"), 6))
    if change.highlights:
        parts.append(indented(highlights(change.highlights), 6))
    if fields and change.fields:
        parts.append(indented(Group(*_fields(change.fields)), 6))
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


def _fields(found: Sequence[FieldChange]) -> Iterator[RenderableType]:
    """Those that only name another commit than before are one line, however many they are."""
    counts = Counter(map(_swap, found))
    del counts[None]
    for swap, count in counts.items():
        if swap and count > 1:
            old, new = swap
            line = Text(f"in {count} fields: ", style="dim")
            yield line.append(shown(old), style="red").append(" → ").append(shown(new), style="green")
    yield from (_field(each) for each in found if counts[_swap(each)] < 2)


def _swap(change: FieldChange) -> tuple[str, str] | None:
    """The commits, if a field differs in nothing but the commit that it names."""
    if not isinstance(change.old, str) or not isinstance(change.new, str):
        return None
    old, new = COMMIT.findall(change.old), COMMIT.findall(change.new)
    swapped = len(old) == len(new) == 1 and change.old.replace(old[0], new[0]) == change.new
    return (old[0], new[0]) if swapped else None


def _field(change: FieldChange) -> RenderableType:
    line = Text(change.path, style="dim")
    if isinstance(change.old, Missing) and isinstance(change.new, Mapping):
        return line.append(": added", style="green")
    if isinstance(change.new, Missing) and isinstance(change.old, Mapping):
        return line.append(": removed", style="red")
    if len(change.path) + len(_flat(change.old)) + len(_flat(change.new)) <= ONE_LINE:
        return (
            line.append(": ")
            .append(_flat(change.old), style="red")
            .append(" → ")
            .append(_flat(change.new), style="green")
        )
    parts: list[RenderableType] = [line]
    if not isinstance(change.old, Missing):
        parts += _block(change.old, "-", "red")
    if not isinstance(change.new, Missing):
        parts += _block(change.new, "+", "green")
    return Group(*parts)


def _flat(value: Json | Missing) -> str:
    if isinstance(value, Missing):
        return ABSENT
    return value if isinstance(value, str) and value else _yaml(value).replace("\n", " ")


def _block(value: Json, mark: str, style: str) -> Iterator[RenderableType]:
    lines = [value] if isinstance(value, str) else _yaml(value).splitlines()
    yield from (indented(marked(mark, Text(line), style)) for line in lines)


def _yaml(value: Json) -> str:
    dumped: str = yaml.safe_dump(value, default_flow_style=None, sort_keys=True, width=ONE_LINE)
    return dumped.removesuffix("...\n").rstrip("\n")
