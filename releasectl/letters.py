"""What people wrote, as a message shows it: nothing in it is hidden, or does more than stand there."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import combining, normalize


def visible(text: str) -> str:
    """A name or a value, in which no letter passes for another: ASCII as it is, also with an accent; the rest
    by its code.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if _is_seen(each) else _code(each) for each in text)


def printable(text: str) -> str:
    """Prose in any language on one line: what moves, hides or reorders what is seen by its code."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _code(each) for each in text)


def few(names: Sequence[str], most: int = 3) -> str:
    """The first of them, and how many more there are."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def _code(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def _is_seen(letter: str) -> bool:
    apart = normalize("NFD", letter)
    return apart[0].isascii() and apart[0].isprintable() and all(map(combining, apart[1:]))
