"""Glob patterns of Pachyderm: `*` stays in one directory, `**` does not, `@(..)` and its kin capture."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from releasectl.sandbox.pachd.errors import PachError
from releasectl.sandbox.pachd.store import paths
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.trees import Dir, Item, Trees

SPECIAL = re.compile(r"[*?\[\]{}!()@+^\\]")
_GROUPS = {"@": "({0})", "*": "((?:{0})*)", "+": "((?:{0})+)", "?": "((?:{0})?)", "!": "((?!(?:{0})$)[^/]*)"}


def clean(pattern: str) -> str:
    """As the server stores it: a leading slash, no trailing one."""
    if "\\" in pattern:
        return "/" + pattern.strip("/")
    return paths.clean(pattern).rstrip("/") or "/"


@functools.lru_cache(maxsize=512)
def compile(pattern: str) -> re.Pattern[str]:
    text, end = _translate(pattern, 0, "")
    if end != len(pattern):
        raise PachError(f"glob pattern {pattern!r} is invalid near character {end + 1}")
    try:
        return re.compile(text)
    except re.error as error:
        raise PachError(f"glob pattern {pattern!r} is invalid: {error}") from error


def _translate(pattern: str, at: int, stop: str) -> tuple[str, int]:
    """The regular expression for `pattern` from `at` up to one of the characters `stop`."""
    out = ""
    while at < len(pattern) and pattern[at] not in stop:
        char, rest = pattern[at], pattern[at + 1 : at + 2]
        if char in _GROUPS and rest == "(":
            inner, at = _alternatives(pattern, at + 2, "|", ")")
            out += _GROUPS[char].format(inner)
        elif char == "{":
            inner, at = _alternatives(pattern, at + 1, ",", "}")
            out += f"(?:{inner})"
        elif char == "[":
            text, at = _set(pattern, at)
            out += text
        elif pattern.startswith("**", at):
            out, at = out + ".*", at + 2
        elif char in "*?":
            out, at = out + ("[^/]*" if char == "*" else "[^/]"), at + 1
        elif char == "\\" and rest:
            out, at = out + re.escape(rest), at + 2
        else:
            out, at = out + re.escape(char), at + 1
    return out, at


def _alternatives(pattern: str, at: int, separator: str, end: str) -> tuple[str, int]:
    options = []
    while True:
        text, at = _translate(pattern, at, separator + end)
        options.append(text)
        if at >= len(pattern):
            raise PachError(f"glob pattern {pattern!r} is invalid: {end!r} is missing")
        at += 1
        if pattern[at - 1] == end:
            return "|".join(options), at


def _set(pattern: str, at: int) -> tuple[str, int]:
    close = pattern.find("]", at + 2)
    if close < 0:
        raise PachError(f"glob pattern {pattern!r} is invalid: ']' is missing")
    body = pattern[at + 1 : close]
    negate = body[0] in "!^"
    inner = (body[1:] if negate else body).replace("\\", r"\\").replace("[", r"\[")
    return f"(?!/)[{'^' if negate else ''}{inner}]", close + 1


def _literal_folder(pattern: str) -> str:
    """The deepest directory that every match lies in."""
    special = SPECIAL.search(pattern)
    literal = pattern[: special.start()] if special else pattern
    return literal[: literal.rfind("/") + 1] or "/"


def match(trees: Trees, conn: Conn, root: str, pattern: str) -> Iterator[tuple[str, Item, tuple[str, ...]]]:
    """Files and directories whose path matches, with what the pattern captured, in the order of the paths."""
    pattern = clean(pattern)
    if pattern == "/":
        if (top := trees.root(conn, root)).count:
            yield "/", top, ()
        return
    regex = compile(pattern)
    folder = _literal_folder(pattern)
    start = trees.find(conn, root, folder)
    if isinstance(start, Dir):
        deep = None if "**" in pattern or "(" in pattern else pattern.count("/")
        yield from _search(trees, conn, start, folder, regex, deep)


def _search(
    trees: Trees, conn: Conn, folder: Dir, base: str, regex: re.Pattern[str], deep: int | None
) -> Iterator[tuple[str, Item, tuple[str, ...]]]:
    for path, item in trees.children(conn, folder.key, base):
        if found := regex.fullmatch(path.rstrip("/")):
            yield path, item, tuple(group or "" for group in found.groups())
        if isinstance(item, Dir) and (deep is None or path.count("/") <= deep):
            yield from _search(trees, conn, item, path, regex, deep)


def replace(captured: tuple[str, ...], template: str) -> str:
    """`$1` of a join_on or group_by, filled in; an empty template stands for all of the captures."""
    return re.sub(
        r"\$(\d+)|\$\{(\d+)\}",
        lambda m: captured[index - 1] if 0 < (index := int(m[1] or m[2])) <= len(captured) else "",
        template,
    )
