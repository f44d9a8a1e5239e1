"""`releasectl impact COMMIT`: every release, live or past, that descends from a model or dataset commit."""

from __future__ import annotations

import click

from releasectl.cli.options import format_option, platform_option
from releasectl.cli.wiring import Workspace


@click.command()
@click.argument("commit")
@platform_option
@format_option
@click.pass_obj
def impact(root: str | None, commit: str, platform: str | None, output: str) -> None:
    """List what serves, and what once served, that was made from COMMIT (8 digits do; or REPO@COMMIT)."""
    from releasectl.impact import impact as stage
    from releasectl.report import impact as report

    workspace = Workspace(root, platform)
    data = {name: workspace.data(name) for name in workspace.repository.environments}
    found = stage(workspace.root, workspace.repository, commit, data)
    click.echo(report.FORMATS[output](found), nl=False)
