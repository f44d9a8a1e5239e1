"""`releasectl render [--check]`: write what is generated, or prove that it is current."""

from __future__ import annotations

import click

from releasectl.cli.wiring import Workspace


@click.command()
@click.option(
    "--check", "check_only", is_flag=True, help="Write nothing; exit with 11 if a file is not current."
)
@click.pass_obj
def render(root: str | None, check_only: bool) -> None:
    """Generate the SeldonDeployments, detector configurations, pipeline specs and editor schemas."""
    from releasectl import render as stage

    workspace = Workspace(root)
    if check_only:
        stage.check(workspace.root, workspace.rendered)
        click.echo(f"{len(workspace.rendered)} generated files are current")
        return
    changed = stage.write(workspace.root, workspace.rendered)
    for path in changed:
        click.echo(f"wrote {path}" if (workspace.root / path).exists() else f"removed {path}")
    click.echo(f"{len(workspace.rendered)} generated files, {len(changed)} changed")
