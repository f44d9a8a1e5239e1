"""What is desired and what is live, as people and machines read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from releasectl.errors import Problem
from releasectl.ledger import Record
from releasectl.model import Missing
from releasectl.report.console import indented, problems, shown, text
from releasectl.report.envelope import envelope
from releasectl.status import EnvironmentStatus, PipelinesStatus, Status

_RESULTS = {"applied": "green", "failed": "red", "interrupted": "yellow", "started": "yellow"}


def as_text(found: Sequence[Status], unreachable: Sequence[Problem] = ()) -> str:
    """`unreachable` are the targets that could not be asked, told instead of their table."""
    blocks = [text(*_heading(each), indented(_table(each))) + _endpoints(each) for each in found]
    blocks += [text(problems(unreachable, "?"))] if unreachable else []
    return "\n".join(blocks)


def _heading(found: Status) -> list[RenderableType]:
    where = f" ({found.namespace})" if isinstance(found, EnvironmentStatus) else ""
    heading: list[RenderableType] = [Text(found.target, style="bold").append(where, style="dim")]
    heading.append(indented(_last_apply(found.last_apply)))
    if isinstance(found, PipelinesStatus):
        for each in found.training:
            same = each.desired == each.live
            line = Text(f"{each.branch} at {shown(each.live)}", style="")
            wanted = "" if same else f", training.yaml says {shown(each.desired)}"
            heading.append(indented(line.append(wanted, style="yellow")))
    return heading


def _last_apply(record: Record | Missing) -> Text:
    if isinstance(record, Missing):
        return Text(record.reason, style="dim")
    dirty = " with uncommitted changes" if record.dirty else ""
    moment = record.started.strftime("%Y-%m-%d %H:%M:%S UTC")
    line = Text("last apply: ", style="dim").append(record.result, style=_RESULTS.get(record.result, ""))
    commit = "no git commit" if isinstance(record.git_commit, Missing) else f"git {shown(record.git_commit)}"
    return line.append(f" {moment}, {commit}{dirty}, {record.author}", style="dim")


def _table(found: Status) -> RenderableType:
    if isinstance(found, PipelinesStatus):
        return _pipelines(found)
    if not found.releases:
        return Text("no release here", style="dim")
    table = _columns("release", "desired", "live", "state", "strategy", "git")
    for row in found.releases:
        live = Text(shown(row.live), style="green" if row.live == row.desired else "yellow")
        state = Text(row.state, style="green" if row.ready else "red" if row.state == "Failed" else "yellow")
        if row.ready and not row.current:
            state.append(", not as rendered", style="yellow")
        elif not row.ready and row.description:
            state.append(f": {row.description}")
        git = (
            shown(row.git_commit.removesuffix("-dirty"))
            if isinstance(row.git_commit, str)
            else shown(row.git_commit)
        )
        table.add_row(row.name, shown(row.desired), live, state, row.share, git)
        if row.candidate or isinstance(row.live_candidate, str):
            same = row.live_candidate == row.candidate
            other = Text(shown(row.live_candidate), style="green" if same else "yellow")
            table.add_row("  candidate", shown(row.candidate), other, "", "", "")
    return table


def _endpoints(found: Status) -> str:
    """Where clients post to, whole on a line of its own however long it is: to be copied."""
    rows = found.releases if isinstance(found, EnvironmentStatus) else ()
    urls = [row.endpoint for row in rows if isinstance(row.endpoint, str)]
    return "".join(f"  {click.style(url, dim=True)}\n" for url in urls)


def _pipelines(found: PipelinesStatus) -> RenderableType:
    if not found.pipelines:
        return Text("no pipeline here", style="dim")
    table = _columns("pipeline", "version", "state", "last job", "")
    for row in found.pipelines:
        state = Text(row.state, style="" if row.current else "yellow")
        if not row.current and not isinstance(row.version, Missing):
            state.append(", not as rendered")
        style = "green" if row.job_state == "success" else "red" if row.job_state == "failure" else "yellow"
        table.add_row(
            row.name, shown(row.version), state, shown(row.last_job), Text(row.job_state, style=style)
        )
    return table


def _columns(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def as_json(found: Sequence[Status], unreachable: Sequence[Problem] = ()) -> str:
    ok = all(each.ok for each in found) and not unreachable
    return envelope("status", ok=ok, targets=found, problems=unreachable)


FORMATS: dict[str, Callable[..., str]] = {"text": as_text, "json": as_json}
