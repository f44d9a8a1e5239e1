"""A verification as people and machines read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from rich.console import RenderableType
from rich.text import Text

from releasectl.report.console import grid, indented, text
from releasectl.report.envelope import envelope
from releasectl.verify import Chain, Verdict, Verification

STYLES = {
    Verdict.MATCHED: ("✓", "green"),
    Verdict.CONTRADICTED: ("✗", "red"),
    Verdict.UNKNOWN: ("?", "yellow"),
}


def as_text(found: Verification) -> str:
    parts: list[RenderableType] = []
    for chain in found.chains:
        parts += [Text(chain.subject, style="bold"), indented(_links(chain)), ""]
    counts = Counter(found.verdicts)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    order = (Verdict.CONTRADICTED, Verdict.UNKNOWN)
    worst = next((verdict for verdict in order if counts[verdict]), Verdict.MATCHED)
    symbol, style = STYLES[worst]
    parts.append(Text(f"{symbol} {found.target}: {told or 'nothing to verify'}", style=style))
    return text(*parts)


def _links(chain: Chain) -> RenderableType:
    table = grid("", "", "")
    for link in chain.links:
        symbol, style = STYLES[link.verdict]
        detail = Text(link.detail, style="dim" if link.verdict is Verdict.MATCHED else style)
        table.add_row(Text(symbol, style=style), link.name, detail)
    return table


def as_json(found: Verification) -> str:
    return envelope(
        "verify",
        ok=found.exit_code == 0,
        target=found.target,
        exit_code=found.exit_code,
        chains=found.chains,
    )


FORMATS: dict[str, Callable[[Verification], str]] = {"text": as_text, "json": as_json}
