"""Markdown for GitHub in which no text of a pull request can be anything but text.

Standard library only: jobs that hold a token that writes install nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from unicodedata import category

TEXT_LIMIT = 400  # characters of one text, such as a message
CODE_LIMIT = 200  # of one name or value
# What Markdown or GitHub could read as more than itself within a line: markup, mentions, issues, links,
# emoji, mathematics. https://github.github.com/gfm/
_MARKUP = re.compile(r"([\\`*_\[\]<>&~|#@!$^]|:(?=[\w+/-])|(?<=[Ww])\.)")
JOINER = "\u2060"  # keeps GitHub from reading @team as a mention and #1 as an issue; nobody sees it
_BLOCKS = "▁▂▃▄▅▆▇█"


def clip(value: str, limit: int) -> str:
    return value if len(value) <= limit else f"{value[: limit - 1]}…"


def visible(value: str) -> str:
    """What a reader would not see, or what reorders others (https://trojansource.codes), by its code."""
    return "".join(each if _is_seen(each) else f"\\u{ord(each):04x}" for each in value)


def _is_seen(letter: str) -> bool:
    return letter.isprintable() or letter in "\t\n" or category(letter) == "Zs"


def text(value: str, limit: int = TEXT_LIMIT) -> str:
    """Prose: one line in which every character is itself, and nobody is mentioned."""
    line = " ".join(visible(clip(value, limit)).split())
    escaped = _MARKUP.sub(r"\\\1", line)
    return re.sub(r"\\[@#]|(?<![A-Za-z0-9])[Gg][Hh](?=-[0-9])", lambda match: match[0] + JOINER, escaped)


def code(value: str, limit: int = CODE_LIMIT) -> str:
    """A name or a value, in a code span that it cannot end; fit for a table's cell."""
    line = " ".join(visible(clip(value, limit)).split()) or " "
    fence = "`" * (longest_run(line) + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}".replace("|", "\\|")


def block(value: str, language: str = "") -> str:
    """Several lines as they are, in a fence that they cannot end."""
    fence = "`" * max(3, longest_run(value) + 1)
    lines = "\n".join(visible(line) for line in value.replace("\t", "    ").split("\n"))
    return f"{fence}{language}\n{lines}\n{fence}"


def longest_run(value: str) -> int:
    """Of backticks."""
    return max((len(run) for run in re.findall("`+", value)), default=0)


def folded(title: str, content: str) -> str:
    """`title` is ours, never a pull request's."""
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Cells are Markdown already; the columns in `right` hold numbers."""
    aligned = set(right)
    rules = ["--:" if index in aligned else "---" for index in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rules, *rows))


def bar(share: float, width: int = 10) -> str:
    """A share of 1 as a bar of `width` characters."""
    filled = round(min(max(share, 0.0), 1.0) * width)
    return "█" * filled + "░" * (width - filled)


def sparkline(shares: Iterable[float]) -> str:
    """One character per share of 1."""
    return "".join(_BLOCKS[min(int(min(max(share, 0.0), 1.0) * 8), 7)] for share in shares)


def capped(parts: Iterable[str], limit: int, note: str) -> str:
    """The parts that fit into `limit` bytes, whole, in their order; then `note`, if any was left out."""
    kept: list[str] = []
    left, complete = limit - len(note.encode()) - 2, True
    for part in parts:
        if (size := len(part.encode()) + 2) <= left:
            kept.append(part)
            left -= size
        else:
            complete = False
    return "\n\n".join(kept if complete else [*kept, note]) + "\n"
