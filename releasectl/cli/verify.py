"""`releasectl verify TARGET`: follow every link from a file in git to an answer of the model."""

from __future__ import annotations

import click

from releasectl.cli.options import format_option, platform_option, target_argument
from releasectl.cli.wiring import Workspace, read_ahead


@click.command()
@target_argument
@platform_option
@format_option
@click.pass_obj
def verify(root: str | None, target: str, platform: str | None, output: str) -> None:
    """Trust nothing: release, lock, Pachyderm's files, manifest, live object, a real prediction."""
    read_ahead()
    from releasectl import verify as stage
    from releasectl.report import verify as report

    workspace = Workspace(root, platform)
    found = stage.verify(
        target, workspace.repository, workspace.rendered_for(target), workspace.cluster(target)
    )
    click.echo(report.FORMATS[output](found), nl=False)
    raise click.exceptions.Exit(found.exit_code)
