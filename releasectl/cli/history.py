"""`releasectl history TARGET/NAME [--at TIME]`: what served when, by whose commit, from which data."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from releasectl.cli.options import deployment_argument, format_option, platform_option
from releasectl.cli.wiring import Workspace
from releasectl.errors import UsageError


@click.command()
@deployment_argument
@click.option("--at", metavar="TIME", help="A day or a moment, such as 2026-11-24T08:30; UTC unless it says.")
@platform_option
@format_option
@click.pass_obj
def history(root: str | None, deployment: str, at: str | None, platform: str | None, output: str) -> None:
    """Tell what a release served when, out of git and the records of applies, and where the two disagree."""
    from releasectl.clock import SystemClock
    from releasectl.history import history as stage
    from releasectl.report import history as report

    workspace = Workspace(root, platform)
    data = workspace.data(deployment.partition("/")[0])
    moment = None if at is None else parsed(at)
    found = stage(workspace.root, deployment, data, now=SystemClock().now(), at=moment)
    click.echo(report.FORMATS[output](found), nl=False)


def parsed(text: str) -> datetime:
    """ISO 8601; a day is its first moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        remedy = "write it as in 2026-11-24, 2026-11-24T08:30 or 2026-11-24T09:30+01:00"
        raise UsageError.at(f"--at {text}", "is no time", remedy) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
