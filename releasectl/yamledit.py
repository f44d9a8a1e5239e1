"""Changes one field of a YAML file that people wrote, and leaves the rest of its text as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from releasectl.errors import InvalidInput
from releasectl.model import Json, Source
from releasectl.yamlsource import BYTE_ORDER_MARK, parse

Node = Any  # yaml.Node: start_mark and end_mark are positions in the text
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LIKE_NUMBERS: Final = re.compile(
    r"[0-9]+(?:[eE][0-9]+)?"
)  # hex digits in which YAML readers may see a number
_WORDS: Final = {"null", "true", "false", "yes", "no", "on", "off"}


@dataclass(frozen=True, slots=True)
class Edit:
    """Text between two positions becomes another."""

    start: int
    end: int
    text: str


def set_field(text: str, field: str, value: Json, *, after: str | None = None) -> str:
    """`text` with `field` at its top level set to `value`; None takes the field out.

    A new field comes after the field `after`, or last. Within a block only the fields that differ are
    touched; a comment at the end of a line goes where the line goes, one on a line of its own stays.
    """
    if text.startswith(BYTE_ORDER_MARK):
        return BYTE_ORDER_MARK + set_field(text.removeprefix(BYTE_ORDER_MARK), field, value, after=after)
    wanted = {**_data(text), field: value}
    if value is None:
        del wanted[field]
    if wanted == _data(text):
        return text
    root: Node = yaml.compose(text, Loader=yaml.CSafeLoader)
    changed = _applied(text, list(_edits(text, root, field, value, after)))
    if _data(changed, or_none=True) != wanted:
        what = f"`{field}` stands in the file in a way that cannot be changed without touching the rest"
        raise InvalidInput.at(field, what, f"write it yourself: `{field}: {flow(value)}`")
    return changed


def has_comment(text: str, field: str) -> bool:
    """Does a comment stand beside or below the name of a top-level field?"""
    root: Node = yaml.compose(text, Loader=yaml.CSafeLoader)
    found = _entry(root, field)
    if found is None:
        return False
    lines = _Lines(text)
    region = text[lines.start(found[0].start_mark.line) : lines.start(_last_line(found[1]) + 1)]
    return re.search(r"(?:^|\s)#", region) is not None


def flow(value: Json) -> str:
    """A value in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and not _LIKE_NUMBERS.fullmatch(value) and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


class _Lines:
    """Where lines begin; one past the last is the end of the text."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.length = len(text)

    def start(self, line: int) -> int:
        return self.starts[line] if line < len(self.starts) else self.length


def _edits(text: str, root: Node, field: str, value: Json, after: str | None) -> Iterator[Edit]:
    lines = _Lines(text)
    if root.flow_style:
        data = {**_data(text), field: value}
        kept = {key: item for key, item in data.items() if item is not None}
        yield Edit(root.start_mark.index, root.end_mark.index, flow(kept))
        return
    found = _entry(root, field)
    if found is None:
        neighbour = _entry(root, after) if after else None
        line = _last_line((neighbour or root.value[-1])[1])
        yield _insertion(text, lines, line, _block(field, value))
    elif value is None:
        yield from _removals(text, lines, *found)
    elif isinstance(value, Mapping) and isinstance(found[1], yaml.MappingNode) and not found[1].flow_style:
        yield from _merged(text, lines, found[1], value, _data(text)[field])
    elif isinstance(found[1], yaml.ScalarNode) or found[1].flow_style:
        yield Edit(found[1].start_mark.index, found[1].end_mark.index, flow(value))
    else:
        yield from _removals(text, lines, *found)
        yield _insertion(text, lines, _last_line(found[1]), _block(field, value))


def _merged(
    text: str, lines: _Lines, node: Node, value: Mapping[str, Json], old: Mapping[str, Json]
) -> Iterator[Edit]:
    """A block mapping, entry by entry."""
    kept = {key.value: (key, item) for key, item in node.value}
    for name, (key, item) in kept.items():
        if name not in value:
            yield from _removals(text, lines, key, item)
        elif value[name] != old[name]:
            yield Edit(item.start_mark.index, item.end_mark.index, flow(value[name]))
    new = [f"{name}: {flow(item)}" for name, item in value.items() if name not in kept]
    if new:
        indent = " " * node.value[0][0].start_mark.column
        yield _insertion(text, lines, _last_line(node), [indent + line for line in new])


def _removals(text: str, lines: _Lines, key: Node, value: Node) -> Iterator[Edit]:
    """Every line of an entry but those that hold only a comment."""
    for line in range(key.start_mark.line, _last_line(value) + 1):
        start, end = lines.start(line), lines.start(line + 1)
        if not text[start:end].lstrip().startswith("#"):
            yield Edit(start, end, "")


def _insertion(text: str, lines: _Lines, line: int, new: Sequence[str]) -> Edit:
    """`new` lines below `line`, which may be the last and without an end."""
    position, ending = lines.start(line + 1), "\r\n" if "\r\n" in text else "\n"
    before = "" if text[:position].endswith("\n") else ending
    return Edit(position, position, before + "".join(each + ending for each in new))


def _block(field: str, value: Json) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{field}:", *(f"  {key}: {flow(item)}" for key, item in value.items())]
    return [f"{field}: {flow(value)}"]


def _entry(root: Node, field: str) -> tuple[Node, Node] | None:
    return next(((key, value) for key, value in root.value if key.value == field), None)


def _last_line(node: Node) -> int:
    """Of the last thing that is written; the end of a block lies beyond the comments below it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.line)
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)


def _applied(text: str, edits: Sequence[Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _data(text: str, *, or_none: bool = False) -> Json:
    source = parse("file", text.encode("utf-8"))
    if isinstance(source, Source):
        return source.data
    if or_none:
        return None
    raise InvalidInput(*source)
