"""`releasectl abort TARGET/NAME`: the trial ends and the model goes on; the commit is left to the person."""

from __future__ import annotations

import click

from releasectl.cli.options import deployment_argument, format_option
from releasectl.cli.promote import run


@click.command()
@deployment_argument
@format_option
@click.pass_obj
def abort(root: str | None, deployment: str, output: str) -> None:
    """Write the release without its candidate; the model never stopped answering."""
    run("abort", root, deployment, output)
