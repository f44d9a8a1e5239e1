"""`releasectl lineage TARGET/NAME`: from what answers back to the data it learned from."""

from __future__ import annotations

import click

from releasectl.cli.options import deployment_argument, format_option, platform_option
from releasectl.cli.wiring import Workspace, read_ahead


@click.command()
@deployment_argument
@platform_option
@format_option
@click.pass_obj
def lineage(root: str | None, deployment: str, platform: str | None, output: str) -> None:
    """Live deployment -> model commit -> every commit it was made from, down to the dataset."""
    read_ahead()
    from releasectl import lineage as stage
    from releasectl.report import lineage as report

    workspace = Workspace(root, platform)
    target, _, name = deployment.partition("/")
    found = stage.lineage(workspace.environment(target), name, workspace.cluster(target))
    click.echo(report.FORMATS[output](found), nl=False)
