"""A look at everything as a person reads it on a terminal: a line for each, what is not clean first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from releasectl.report.console import indented, marked, shown, text
from releasectl.review.values import Drift, Watched

STYLES: Final = {
    "drift": ("✗", "red"),
    "unknown": ("?", "yellow"),
    "soon": ("!", "yellow"),
    "clean": ("✓", "green"),
}
ADVICE: Final = (
    "next: releasectl apply TARGET puts right what drifted; releasectl verify TARGET tells link by link"
)


def as_text(drift: Drift) -> str:
    ordered = sorted(drift.seen, key=lambda one: [*STYLES].index(one.state))
    parts: list[RenderableType] = [Text(f"compared with {shown(drift.commit)}", style="dim")]
    parts += [part for one in ordered for part in _watched(one)]
    counts = Counter(one.state for one in ordered)
    told = ", ".join(f"{counts[state]} {state}" for state in STYLES if counts[state])
    symbol, style = STYLES[ordered[0].state if ordered else "clean"]
    parts += ["", Text(f"{symbol} {len(ordered)} looked at: {told or 'nothing'}", style=style)]
    return text(*parts, *([Text(ADVICE, style="dim")] if counts["drift"] else []))


def _watched(one: Watched) -> Iterator[RenderableType]:
    symbol, style = STYLES[one.state]
    state = "" if one.state == "clean" else f": {one.state}"
    yield indented(Text(f"{symbol} {one.subject}{state}", style=style))
    yield from (indented(marked("-", words), 4) for words in one.words)
