"""The history of a release: what serves now first, and below it where git and the records disagree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from releasectl.errors import Problem
from releasectl.history.values import History, Period, moment
from releasectl.model import Missing, Strategy
from releasectl.past import Version
from releasectl.report.console import grid, indented, plural, problems, shown, text
from releasectl.report.envelope import envelope
from releasectl.trial import share


def as_text(found: History) -> str:
    parts: list[RenderableType] = [_heading(found)]
    if not found.periods:
        when = f"at {moment(found.at)}" if found.at else "yet"
        parts.append(indented(Text(f"nothing served {when}", style="yellow")))
    for period in reversed(found.periods):
        parts += ["", indented(_span(period)), indented(_details(period), 6)]
    if found.disagreements:
        parts += ["", Text("git and the records of applies disagree", style="bold")]
        listed = (Problem(moment(each.at), each.what, each.remedy) for each in found.disagreements)
        parts.append(problems(listed))
    return text(*parts)


def _heading(found: History) -> Text:
    heading = Text(found.target, style="bold")
    if isinstance(found.records, Missing):
        return heading.append(f"  by git alone: {found.records.reason}", style="yellow")
    if not found.records:
        return heading.append("  by git alone: no apply is recorded", style="yellow")
    at = f", at {moment(found.at)}" if found.at else ""
    return heading.append(f"  {plural(found.records, 'record')} of applies{at}", style="dim")


def _span(period: Period) -> Text:
    line = Text(moment(period.since), style="bold").append(" → ", style="dim")
    if period.until is None:
        line.append("now", style="bold green")
    else:
        line.append(moment(period.until)).append(f"  {_length(period.until - period.since)}", style="dim")
    return line if period.certain else line.append("  not certain", style="yellow")


def _length(span: timedelta) -> str:
    """In the two largest units: `3 d 4 h`."""
    seconds = int(span.total_seconds())
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts = []
    for unit, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def _details(period: Period) -> Table:
    table = grid("dim", "default")
    if isinstance(period.model, Missing):
        table.add_row("model", Text(period.model.reason, style="yellow"))
    else:
        table.add_row("model", period.model)
    if isinstance(period.strategy, Strategy):
        candidate = period.strategy.candidate
        beside = f", candidate {candidate}" if candidate else ""
        table.add_row("strategy", f"{share(period.strategy)}{beside}")
    if not isinstance(period.model, Missing):
        table.add_row("datasets", _datasets(period))
    table.add_row("released", _released(period.released))
    applied = period.applied_by
    table.add_row("applied", applied.reason if isinstance(applied, Missing) else f"by {applied}")
    return table


def _datasets(period: Period) -> str:
    if isinstance(period.datasets, Missing):
        return period.datasets.reason
    return ", ".join(f"{repo} {shown(commit)}" for repo, commit in sorted(period.datasets.items()))


def _released(version: Version | Missing) -> str:
    if isinstance(version, Missing):
        return version.reason
    commit = version.commit
    return f"by {version.written_by.author}, git {commit.short} “{commit.subject}”"


def as_json(found: History) -> str:
    """`ok` says that git and the records tell the same."""
    return envelope(
        "history",
        ok=not found.disagreements and not isinstance(found.records, Missing),
        target=found.target,
        at=found.at,
        records=found.records,
        periods=found.periods,
        disagreements=found.disagreements,
    )


FORMATS: dict[str, Callable[[History], str]] = {"text": as_text, "json": as_json}
