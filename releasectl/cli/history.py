"""`releasectl history TARGET/NAME [--at TIME]`: what served when, by whose commit, from which data."""

from __future__ import annotations

from datetime import datetime

import click

from releasectl.cli.options import MOMENT, deployment_argument, format_option, platform_option
from releasectl.cli.wiring import Workspace


@click.command()
@deployment_argument
@click.option(
    "--at",
    type=MOMENT,
    metavar="TIME",
    help="A day or a moment, such as 2026-11-24T08:30; UTC unless it says.",
)
@platform_option
@format_option
@click.pass_obj
def history(
    root: str | None, deployment: str, at: datetime | None, platform: str | None, output: str
) -> None:
    """Tell what a release served when, out of git and the records of applies, and where the two disagree."""
    from releasectl.clock import SystemClock
    from releasectl.history import history as stage
    from releasectl.report import history as report

    workspace = Workspace(root, platform)
    data = workspace.data(deployment.partition("/")[0])
    found = stage(workspace.root, deployment, data, now=SystemClock().now(), at=at)
    click.echo(report.FORMATS[output](found), nl=False)
