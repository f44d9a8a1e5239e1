"""`releasectl precommit`: render and check in one go what differs from HEAD, for the hook of pre-commit."""

from __future__ import annotations

import click

from releasectl.cli.options import format_option
from releasectl.cli.wiring import Workspace


@click.command()
@format_option
@click.pass_obj
def precommit(root: str | None, output: str) -> None:
    """Bring what is generated from the changed files up to date, and judge them; the rest is not read."""
    from releasectl.clock import SystemClock
    from releasectl.familiar import named_before
    from releasectl.precommit import prepare
    from releasectl.report.findings import FORMATS, as_text

    workspace = Workspace(root)
    changed, found = prepare(workspace.root, now=SystemClock().now())
    for path in changed:
        click.echo(f"wrote {path}: add it to the commit", err=output != "text")
    if output == "text":
        told = as_text(found, named_before(workspace.root, found.releases))
    else:
        told = FORMATS[output](found)
    click.echo(told, nl=False)
    if found.exit_code:
        raise click.exceptions.Exit(found.exit_code)
