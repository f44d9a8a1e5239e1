"""Reads one YAML file into a `Source`: plain data, strict limits, and the place of every value.

Unlike YAML 1.1 it guesses nothing: only null, true, false, and decimal numbers are not text. Numbers are kept
so short, and exponents so explicit (a dot is needed), that no commit id can ever turn into a number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import yaml

from releasectl.errors import Problem
from releasectl.letters import visible
from releasectl.model import Json, Place, Source

MAX_DEPTH = 32
MOST: Final = 100  # problems of one file that are told
BYTE_ORDER_MARK: Final = "\ufeff"  # some editors begin a file with it, and the parser does not count it
Mark = Any  # yaml._yaml.Mark: line, column and index, counted from 0

_INT: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})\Z")
_FLOAT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: Final[Mapping[str, Json]] = {"": None, "~": None, "null": None, "true": True, "false": False}
_CONTROL: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_CONFLICT: Final = re.compile("^<{7}(?: .*)?$", re.MULTILINE)
# What a parser error usually means, by a part of its text; the first match wins.
GUIDE: Final = "releases/README.md"
_ESCAPE: Final = "write the letter itself: between double quotes a backslash begins a code"
_SYNTAX_REMEDIES: Final = (
    ("cannot start any token", "put the value in quotes if it begins with a special character"),
    ("mapping values are not allowed", "quote a value that holds a colon, or mend the indentation above"),
    ("expected ':'", "write `field: value`, with a space after the colon"),
    ("escape", _ESCAPE),
    ("hexdecimal", _ESCAPE),
    ("quoted scalar", "close the quote that was opened"),
    ("expected ',' or", "close the bracket that was opened, and put commas between its items"),
    ("expected key", "start every field of a block in the same column, and use spaces only"),
    ("block end", "start every field of a block in the same column, and use spaces only"),
)


class Places(Mapping[str, Place]):
    """Pointer -> Place, made on demand; `<pointer>#` is the place of the field's name."""

    __slots__ = ("_file", "_positions")

    def __init__(self, file: str, positions: dict[str, tuple[int, int]]) -> None:
        self._file = file
        self._positions = positions

    def __getitem__(self, pointer: str) -> Place:
        line, column = self._positions[pointer]
        return Place(self._file, line + 1, column + 1)

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)


def parse(file: str, content: bytes, guide: str = GUIDE) -> Source | tuple[Problem, ...]:
    """The only document of a file, or everything that is wrong with its text; `guide` tells what is right."""
    text = _decode(file, content)
    if isinstance(text, Problem):
        return (text,)
    builder = _Builder(file, text, guide)
    try:
        data = builder.document()
    except _Enough:
        return (*builder.problems, enough(file))
    except yaml.YAMLError as error:
        if conflict := _CONFLICT.search(text):
            return (_conflict(file, text, conflict),)
        return (*builder.problems, _syntax(file, text, error, guide))
    if builder.problems:
        return tuple(builder.problems)
    return Source(file, data, Places(file, builder.positions))


def enough(file: str) -> Problem:
    """That not all is told."""
    return Problem(file, f"has more faults than the {MOST} that are told", "mend these first, and ask again")


def span(text: str, pointer: str) -> tuple[int, int] | None:
    """Where the scalar at `pointer` begins and ends in a text that `parse` accepts."""
    builder = _Builder("", text)
    builder.document()
    found = builder.spans.get(pointer)
    shift = text.startswith(BYTE_ORDER_MARK)
    return found and (found[0] + shift, found[1] + shift)


def escape(key: str) -> str:
    """A mapping key as a step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


class _Enough(Exception):
    """More is wrong than anybody would read."""


class _Builder:
    """Turns parser events into data; collects what it refuses and goes on, to tell all of it at once."""

    def __init__(self, file: str, text: str, guide: str = GUIDE) -> None:
        self.problems: list[Problem] = []
        self.positions: dict[str, tuple[int, int]] = {}
        self.spans: dict[str, tuple[int, int]] = {}
        self._file = file
        self._guide = guide
        self._anchored = False
        self._next: Callable[[], Any] = yaml.CSafeLoader(text).get_event

    def document(self) -> Json:
        self._next()  # the start of the stream
        start = self._next()
        if isinstance(start, yaml.StreamEndEvent):
            self._refuse(start.start_mark, "the file is empty", f"fill it in: {self._guide} tells how")
            return None
        data = self._value(self._next(), "", 0)
        self._next()  # the end of the document
        extra = self._next()
        if not isinstance(extra, yaml.StreamEndEvent):
            self._refuse(
                extra.start_mark, "a second document", "keep one document per file: remove the `---`"
            )
        return data

    def _value(self, event: Any, pointer: str, depth: int) -> Json:
        mark = event.start_mark
        self.positions[pointer] = (mark.line, mark.column)
        if event.anchor is not None and not self._anchored:
            self._anchored = True  # one is enough to tell, and a bomb has thousands
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            what = f"`{sign}{event.anchor}`: anchors and aliases are not allowed"
            self._refuse(mark, what, "write the value out, wherever it is used")
        if isinstance(event, yaml.AliasEvent):
            return None
        if event.tag is not None:
            self._refuse(
                mark, f"`{event.tag}`: tags are not allowed", "remove it; a quoted value is always text"
            )
        if isinstance(event, yaml.ScalarEvent):
            end: Mark = event.end_mark
            self.spans[pointer] = (mark.index, end.index)
            return _scalar(event.value) if event.implicit[0] else event.value
        if depth == MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"nested deeper than {MAX_DEPTH} levels", problem_mark=mark)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(pointer, depth + 1)
        return self._sequence(pointer, depth + 1)

    def _mapping(self, pointer: str, depth: int) -> dict[str, Json]:
        result: dict[str, Json] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, depth)
            step = f"{pointer}/{escape(key)}"
            mark = event.start_mark
            if key in result:
                first = self.positions[step + "#"][0] + 1
                self._refuse(mark, f"`{key}` is given twice, first in line {first}", "keep one of the two")
            self.positions[step + "#"] = (mark.line, mark.column)
            result[key] = self._value(self._next(), step, depth)
        return result

    def _key(self, event: Any, depth: int) -> str:
        if isinstance(event, yaml.ScalarEvent) and event.anchor is None and event.tag is None:
            if not event.implicit[0] or isinstance(_scalar(event.value), str):
                return str(event.value)
            self._refuse(
                event.start_mark, f"`{event.value}` as a field name", "a field name is text: quote it"
            )
            return str(event.value)
        self._value(event, "/?", depth)
        self._refuse(event.start_mark, "a field name that is not plain text", "write `field: value`")
        return f"?{event.start_mark.index}"

    def _sequence(self, pointer: str, depth: int) -> list[Json]:
        result: list[Json] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            result.append(self._value(event, f"{pointer}/{len(result)}", depth))
        return result

    def _refuse(self, mark: Mark, what: str, remedy: str) -> None:
        if len(self.problems) == MOST:
            raise _Enough
        self.problems.append(Problem(str(Place(self._file, mark.line + 1, mark.column + 1)), what, remedy))


def _scalar(text: str) -> Json:
    """A plain (unquoted) scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "-0123456789":
        if _INT.match(text):
            return int(text)
        if _FLOAT.match(text) and math.isfinite(number := float(text)):
            return number
    return text


def _decode(file: str, content: bytes) -> str | Problem:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        place = _place(file, before.decode("utf-8"))
        return Problem(
            str(place), f"byte 0x{content[error.start]:02x} is not UTF-8", "save the file as UTF-8 text"
        )
    if control := _CONTROL.search(text.removeprefix(BYTE_ORDER_MARK)):
        place = _place(file, text[: control.start()])
        code = f"U+{ord(control.group()):04X}"
        return Problem(str(place), f"the control character {code}", "remove it; the file holds text only")
    return text


def _place(file: str, before: str) -> Place:
    return Place(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _conflict(file: str, text: str, mark: re.Match[str]) -> Problem:
    place = _place(file, text[: mark.start()])
    what = f"a merge conflict: `{visible(mark.group().strip()[:60])}`"
    return Problem(str(place), what, "keep one of the two sides, remove git's marks, then `git add` the file")


def _syntax(file: str, text: str, error: yaml.YAMLError, guide: str) -> Problem:
    said = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None)
    opened = "end of stream" in said or "expected ',' or" in said  # the cause is where it began, not the end
    marks = [getattr(error, name, None) for name in ("context_mark", "problem_mark")]
    mark = next((mark for mark in (marks if opened else reversed(marks)) if mark), None)
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    what = f"not valid YAML: {said}" + (f" {context}" if context else "")
    lines = text.splitlines()
    if mark and mark.line < len(lines) and lines[mark.line][mark.column : mark.column + 1] == "\t":
        return Problem(str(place), f"{what} (a tab)", "indent with spaces, never with tabs")
    for part, remedy in _SYNTAX_REMEDIES:
        if part in what:
            return Problem(str(place), what, remedy)
    return Problem(str(place), what, f"compare the line with what {guide} tells")
