"""A comparison for a person at a terminal, for a program, and for the summary of a pull request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from releasectl.compare.values import Comparison, Criterion, Estimate, Finding, Group, Labelled, Verdict
from releasectl.compare.words import interval, show
from releasectl.model import Json, Missing
from releasectl.plain import plain

WIDTH = 120
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


@dataclass(frozen=True, slots=True)
class Table:
    """What text and Markdown have in common: the first column names, the others hold values."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def as_json(subject: str, comparison: Comparison) -> str:
    ok = comparison.verdict is Verdict.PROMOTE
    head = {"command": "compare", "version": 1, "subject": subject, "ok": ok}
    return json.dumps(head | rounded(plain(comparison)), indent=2, ensure_ascii=False) + "\n"


def rounded(value: Json) -> Json:
    """Six digits: the seventh may depend on the processor, and tells nobody anything."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def as_text(subject: str, comparison: Comparison, *, color: bool = False, width: int = WIDTH) -> str:
    from io import StringIO

    from rich import box
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    out = StringIO()
    console = Console(
        file=out, width=width, force_terminal=color, color_system="standard" if color else None,
        highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    console.print(headline(subject, comparison), soft_wrap=True)
    console.print(Text(f"verdict: {comparison.verdict}", style=STYLES[comparison.verdict]))
    for line in (*comparison.reasons, *waiting(comparison)):
        console.print(Text(f"- {line}"), soft_wrap=True)
    for table in tables(comparison):
        grid = Grid(
            box=box.SIMPLE_HEAD, title=table.title, title_justify="left", title_style="bold", pad_edge=False
        )
        for number, column in enumerate(table.header):
            grid.add_column(column, justify="left" if number == 0 else "right", overflow="fold")
        for row in table.rows:
            grid.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
        console.print(grid)
    for line in comparison.notes:
        console.print(Text(f"* {line}"), soft_wrap=True)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def as_markdown(subject: str, comparison: Comparison) -> str:
    parts = [f"### {escape(headline(subject, comparison))}", f"Verdict: **{comparison.verdict}**"]
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


def headline(subject: str, comparison: Comparison) -> str:
    found = comparison.pairs
    what = "two samples" if isinstance(found, Missing) else f"{found:,} pairs"
    when = (
        "nothing is logged yet"
        if isinstance(comparison.first, Missing) or isinstance(comparison.last, Missing)
        else f"{comparison.first:%Y-%m-%d %H:%M:%S} to {comparison.last:%Y-%m-%d %H:%M:%S} UTC"
    )
    models = f"{comparison.candidate[:12]} against {comparison.stable[:12]}"
    return f"{subject}: {comparison.strategy} of {models}, {what}, {when}"


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


def tables(comparison: Comparison) -> Iterator[Table]:
    header = ("criterion", "measured (interval)", "limit", "n of needed", "finding")
    yield Table("criteria", header, tuple(criterion_row(each) for each in comparison.criteria))
    yield Table("traffic", ("", "model", "candidate"), tuple(traffic_rows(comparison)))
    if not isinstance(comparison.flips, Missing):
        yield flip_table(comparison)
    if comparison.groups:
        yield Table(
            "groups",
            ("group", "decisions", "agreement", "selected: model", "candidate", "flips up", "down"),
            tuple(group_row(each) for each in comparison.groups),
        )
    yield Table("noise floor", ("", "the model against itself"), tuple(noise_rows(comparison)))


def criterion_row(criterion: Criterion) -> tuple[str, ...]:
    sign = "at least" if criterion.at_least else "at most"
    finding = criterion.finding
    measured = (
        criterion.measured.reason
        if isinstance(criterion.measured, Missing)
        else interval(criterion.measured, criterion.unit)
    )
    required = "" if criterion.required else " (not required)"
    return (
        criterion.title + required, measured, f"{sign} {show(criterion.limit, criterion.unit)}",
        f"{criterion.n:,} of {criterion.minimum:,}", finding,
    )  # fmt: skip


def traffic_rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    sides, latency = comparison.traffic, comparison.latency
    for title, name in (
        ("requests", "requests"),
        ("decisions", "decisions"),
        ("of distinct rows", "distinct"),
    ):
        yield title, *(f"{getattr(side, name):,}" for side in sides)
    yield "failed", *(f"{side.failed:,}" for side in sides)
    yield "error rate", *(interval(each, "share") for each in comparison.errors)
    for title, name in (("p50 latency", "p50"), ("p99 latency", "p99")):
        yield (
            title,
            *(
                "unknown" if isinstance(side, Missing) else show(getattr(side, name), "seconds")
                for side in latency
            ),
        )
    yield "outliers", *(interval(side.outliers, "share") for side in comparison.detections)
    yield "batches with drift", *(f"{side.drifting:,} of {side.batches:,}" for side in comparison.detections)
    labelled = comparison.labelled
    if isinstance(labelled, Labelled):
        yield "accuracy", show(labelled.accuracy_stable, "share"), show(labelled.accuracy_candidate, "share")
    gap = comparison.differences
    if not isinstance(gap, Missing):
        yield (
            "candidate's score - model's",
            "",
            f"{gap.mean:+.3f} in the mean, {gap.p05:+.3f} to {gap.p95:+.3f} in 90 %",
        )


def flip_table(comparison: Comparison) -> Table:
    matrix = () if isinstance(comparison.flips, Missing) else comparison.flips
    header = ("model says", *(f"candidate says {name}" for name in comparison.classes))
    rows = tuple(
        (name, *(f"{count:,}" for count in line))
        for name, line in zip(comparison.classes, matrix, strict=True)
    )
    return Table("flips", header, rows)


def group_row(group: Group) -> tuple[str, ...]:
    """Up: to a later class; down: to an earlier one."""
    cells = [
        (row, column, count) for row, line in enumerate(group.flips) for column, count in enumerate(line)
    ]
    up = sum(count for row, column, count in cells if column > row)
    down = sum(count for row, column, count in cells if column < row)
    paired = isinstance(group.agreement, Estimate)
    n = f"{group.n_stable:,}" if paired else f"{group.n_stable:,} / {group.n_candidate:,}"
    rates = (show(rate, "share") for rate in (group.selected_stable, group.selected_candidate))
    moved = (f"{up:,}", f"{down:,}") if paired else ("", "")
    return (
        f"{group.column} {group.value}",
        n,
        interval(group.agreement, "share") if paired else "",
        *rates,
        *moved,
    )


def noise_rows(comparison: Comparison) -> Iterator[tuple[str, str]]:
    noise = comparison.noise
    yield "agreement on rows that came again", interval(noise.agreement, "share")
    for title, value, unit in (
        ("PSI of halves", noise.psi, "distance"),
        ("KS D of halves", noise.ks, "distance"),
        ("p99 ratio of halves", noise.p99_ratio, "ratio"),
    ):
        yield title, show(value, unit)
    points = noise.error_points
    yield "error rates of halves", show(points if isinstance(points, Missing) else points / 100, "points")


FORMATS: Mapping[str, Callable[[str, Comparison], str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
}
