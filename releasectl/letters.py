"""What people wrote, as a message shows it: no letter in it passes for another."""

from __future__ import annotations

from unicodedata import combining, normalize


def visible(text: str) -> str:
    """Letters and signs of ASCII as they are, also with an accent; anything else by its code."""
    return "".join(each if _is_seen(each) else each.encode("unicode_escape").decode() for each in text)


def _is_seen(letter: str) -> bool:
    apart = normalize("NFD", letter)
    return apart[0].isascii() and apart[0].isprintable() and all(map(combining, apart[1:]))
