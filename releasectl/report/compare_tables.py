"""What a comparison measured, as tables that text and Markdown have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from releasectl.compare.values import Comparison, Criterion, Estimate, Group, Labelled
from releasectl.compare.words import interval, show
from releasectl.model import Missing

SMALL = 30  # groups with fewer decisions on either side are counted, not shown


@dataclass(frozen=True, slots=True)
class Table:
    """What text and Markdown have in common: the first column names, the others hold values."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


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
            tuple(group_rows(comparison.groups)),
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
        yield "score moved, mean", "", f"{gap.mean:+.3f}"
        yield "score moved, 90 %", "", f"{gap.p05:+.3f} to {gap.p95:+.3f}"


def flip_table(comparison: Comparison) -> Table:
    matrix = () if isinstance(comparison.flips, Missing) else comparison.flips
    header = ("model says", *(f"candidate says {name}" for name in comparison.classes))
    rows = tuple(
        (name, *(f"{count:,}" for count in line))
        for name, line in zip(comparison.classes, matrix, strict=True)
    )
    return Table("flips", header, rows)


def group_rows(groups: Sequence[Group]) -> Iterator[tuple[str, ...]]:
    """The small ones of a column are one row: what they show is chance."""
    for column, found in groupby(groups, key=lambda group: group.column):
        together = list(found)
        small = [each for each in together if min(each.n_stable, each.n_candidate) < SMALL]
        yield from (group_row(each) for each in together if each not in small or len(small) == 1)
        if len(small) > 1:
            title = f"{column}: {len(small)} of fewer than {SMALL} decisions"
            yield title, decisions(small), "", "", "", "", ""


def group_row(group: Group) -> tuple[str, ...]:
    """Up: to a later class; down: to an earlier one."""
    cells = [
        (row, column, count) for row, line in enumerate(group.flips) for column, count in enumerate(line)
    ]
    up = sum(count for row, column, count in cells if column > row)
    down = sum(count for row, column, count in cells if column < row)
    paired = isinstance(group.agreement, Estimate)
    rates = (show(rate, "share") for rate in (group.selected_stable, group.selected_candidate))
    moved = (f"{up:,}", f"{down:,}") if paired else ("", "")
    return (
        f"{group.column} {group.value}",
        decisions([group]),
        show(group.agreement.value, "share") if isinstance(group.agreement, Estimate) else "",
        *rates,
        *moved,
    )


def decisions(groups: Sequence[Group]) -> str:
    """Of both sides, where they are not the same."""
    stable, candidate = (sum(getattr(each, name) for each in groups) for name in ("n_stable", "n_candidate"))
    paired = all(isinstance(each.agreement, Estimate) for each in groups)
    return f"{stable:,}" if paired else f"{stable:,} / {candidate:,}"


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
