"""`releasectl render [--check]`: write what is generated, or prove that it is current."""

from __future__ import annotations

import click

from releasectl.cli.options import format_option
from releasectl.cli.wiring import Workspace


@click.command()
@click.option(
    "--check", "check_only", is_flag=True, help="Write nothing; exit with 11 if a file is not current."
)
@format_option
@click.pass_obj
def render(root: str | None, check_only: bool, output: str) -> None:
    """Generate the SeldonDeployments, detector configurations, pipeline specs and editor schemas."""
    from releasectl import render as stage
    from releasectl.report import render as report

    workspace = Workspace(root)
    changed: tuple[str, ...] = ()
    if check_only:
        stage.check(workspace.root, workspace.rendered)
    else:
        changed = stage.write(workspace.root, workspace.rendered)
    click.echo(report.FORMATS[output](workspace.root, len(workspace.rendered), changed, check_only), nl=False)
