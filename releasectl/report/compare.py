"""A comparison for a person at a terminal, for a program, and for the summary of a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from releasectl.compare.values import Comparison, Finding, Verdict
from releasectl.model import Json, Missing
from releasectl.plain import plain
from releasectl.report.compare_tables import Table, tables
from releasectl.report.console import marked, text
from releasectl.report.envelope import envelope
from releasectl.report.narrow import Cells, stacked
from releasectl.report.width import width

UNBROKEN = ("measured (interval)", "finding")  # columns whose cells stay on one line
MARKUP = str.maketrans(
    {mark: f"\\{mark}" for mark in "\\`*_|[]#"} | {mark: f"&#{ord(mark)};" for mark in "<>@"}
)
STYLES: Mapping[str, str] = {
    Verdict.PROMOTE: "bold green",
    Verdict.WAIT: "bold yellow",
    Verdict.STOP: "bold red",
    Finding.PASS: "green",
    Finding.UNDECIDED: "yellow",
    Finding.FAIL: "red",
    Finding.UNKNOWN: "yellow",
}


def as_json(subject: str, comparison: Comparison) -> str:
    ok = comparison.verdict is Verdict.PROMOTE
    return envelope("compare", ok=ok, version=1, subject=subject, **rounded(plain(comparison)))


def rounded(value: Json) -> Json:
    """Six digits: the seventh may depend on the processor, and tells nobody anything."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def as_text(subject: str, comparison: Comparison, *, whole: bool = True) -> str:
    """The verdict, its reasons and the criteria; all that was measured only for who asks for it."""
    verdict = Text(f"verdict: {comparison.verdict}", style=STYLES[comparison.verdict])
    parts: list[RenderableType] = [Text(f"{what(subject, comparison)},"), Text(when(comparison)), verdict]
    parts += [marked("-", line) for line in (*comparison.reasons, *waiting(comparison))]
    first, *others = tables(comparison)
    parts += ["", *(drawn(table) for table in (first, *others) if whole or table is first)]
    parts += [marked("*", line) for line in comparison.notes]
    if not whole:
        parts.append(Text(f"--all shows {', '.join(table.title for table in others)} too", style="dim"))
    return text(*parts)


def drawn(table: Table) -> RenderableType:
    cells = Cells(
        [Text(cell, justify="right") for cell in table.header],
        [[Text(cell, style=STYLES.get(cell, ""), justify="right") for cell in row] for row in table.rows],
    )
    if not cells.fits(width()):
        return Group(Text(table.title, style="bold"), stacked(cells, width()), "")
    grid = Grid(
        box=box.SIMPLE_HEAD, title=table.title, title_justify="left", title_style="bold", pad_edge=False,
        collapse_padding=True,
    )  # fmt: skip
    for number, column in enumerate(table.header):
        whole = column in UNBROKEN
        grid.add_column(column, justify="right" if number else "left", overflow="fold", no_wrap=whole)
    for row in table.rows:
        grid.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    return grid


def as_markdown(subject: str, comparison: Comparison) -> str:
    parts = [
        f"### {escape(f'{what(subject, comparison)}, {when(comparison)}')}",
        f"Verdict: **{comparison.verdict}**",
    ]
    parts.append("\n".join(f"- {escape(line)}" for line in (*comparison.reasons, *waiting(comparison))))
    for table in tables(comparison):
        header = [escape(cell) for cell in (table.title, *table.header[1:])]
        lines = [
            header,
            ["---", *["---:"] * (len(header) - 1)],
            *([escape(cell) for cell in row] for row in table.rows),
        ]
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    if comparison.notes:
        parts.append("\n".join(f"- {escape(line)}" for line in comparison.notes))
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Names out of a log must not become markup of a pull request."""
    return " ".join(text.translate(MARKUP).split())


def what(subject: str, comparison: Comparison) -> str:
    found = comparison.pairs
    logged = "two samples" if isinstance(found, Missing) else f"{found:,} pairs"
    models = f"{comparison.candidate[:12]} against {comparison.stable[:12]}"
    return f"{subject}: {comparison.strategy} of {models}, {logged}"


def when(comparison: Comparison) -> str:
    if isinstance(comparison.first, Missing) or isinstance(comparison.last, Missing):
        return "nothing is logged yet"
    return f"{comparison.first:%Y-%m-%d %H:%M:%S} to {comparison.last:%Y-%m-%d %H:%M:%S} UTC"


def waiting(comparison: Comparison) -> Iterator[str]:
    if comparison.verdict is not Verdict.WAIT:
        return
    if isinstance(comparison.more_requests, Missing):
        yield f"more requests will not decide it: {comparison.more_requests.reason}"
    else:
        whole = in_all(comparison)
        yield f"{comparison.more_requests:,} more requests to the candidate are needed, of new rows{whole}"


def in_all(comparison: Comparison) -> str:
    """The candidate gets a share of the requests only, where there are no pairs."""
    stable, candidate = (side.requests for side in comparison.traffic)
    if (
        not isinstance(comparison.pairs, Missing)
        or isinstance(comparison.more_requests, Missing)
        or not candidate
    ):
        return ""
    share = candidate / (stable + candidate)
    return f": at its share of {share:.0%} about {comparison.more_requests / share:,.0f} in all"


FORMATS: Mapping[str, Callable[..., str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
}
