"""What descends from a commit: what serves now first, then what once served."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from releasectl.history.values import moment
from releasectl.impact import Affected, Impact, Span
from releasectl.model import Missing
from releasectl.report.console import grid, indented, plural, shown, text
from releasectl.report.envelope import envelope


def as_text(found: Impact) -> str:
    parts: list[RenderableType] = [_heading(found)]
    for title, affected in (("serves now", _now(found, True)), ("served once", _now(found, False))):
        if affected:
            parts += ["", Text(title, style="bold red" if title == "serves now" else "bold")]
            table = grid("bold", "dim", "default")
            for each in affected:
                _add(each, table)
            parts.append(indented(table))
    parts += ["", *(Text(line, style="yellow") for line in _warnings(found)), *_next(found)]
    return text(*parts)


def _now(found: Impact, now: bool) -> tuple[Affected, ...]:
    return tuple(each for each in found.affected if each.now is now)


def _heading(found: Impact) -> Text:
    releases = len({each.target for each in found.affected})
    line = Text(found.commit, style="bold")
    if not releases:
        return line.append("  no release descends from it", style="green")
    return line.append(
        f"  {plural(releases, 'release')} {'descends' if releases == 1 else 'descend'} from it"
    )


def _add(affected: Affected, table: Table) -> None:
    via = affected.via
    itself = via.commit == affected.model
    told = "the commit itself" if itself else f"made from {via.repo}@{shown(via.commit)}"
    table.add_row(affected.target, affected.role, f"{shown(affected.model)}, {told}")
    released = affected.released
    if isinstance(released, Missing):
        table.add_row("", "released", released.reason)
    else:
        by = f"{moment(released.committed)} by {released.author}, git {released.short} “{released.subject}”"
        table.add_row("", "released", by)
    for span in affected.served:
        table.add_row("", "on the cluster", _span(span))


def _span(span: Span) -> str:
    return f"{moment(span.since)} → {'now' if span.until is None else moment(span.until)}"


def _warnings(found: Impact) -> Iterator[str]:
    for missing in found.unread:
        yield f"? {missing.reason}"
    for each in found.unknown:
        yield f"? {each.target} served {each.model}, and nobody knows what it was made from: {each.reason}"
    for file in found.training:
        yield f"! {file} trains on it: the next model would descend from it too"


def _next(found: Impact) -> Iterator[Text]:
    if isinstance(found.revocation, Missing):
        yield Text(
            "it is not revoked: an entry in releases/revoked.yaml would keep it from serving again",
            style="dim",
        )
    else:
        revoked = found.revocation
        yield Text(f"revoked since {revoked.date} by {revoked.owner}: {revoked.reason}", style="dim")


def as_json(found: Impact) -> str:
    """`ok` says that nothing which descends from the commit is to serve now, and that all is known."""
    return envelope(
        "impact",
        ok=not (_now(found, True) or found.unknown or found.unread),
        commit=found.commit,
        revocation=found.revocation,
        affected=found.affected,
        unknown=found.unknown,
        training=found.training,
        unread=found.unread,
    )


FORMATS: dict[str, Callable[[Impact], str]] = {"text": as_text, "json": as_json}
