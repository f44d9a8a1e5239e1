"""`releasectl why TARGET/NAME`: every rule on one release, the facts it saw, and its verdict."""

from __future__ import annotations

import click

from releasectl.cli.options import deployment_argument, format_option
from releasectl.cli.wiring import Workspace


@click.command()
@deployment_argument
@format_option
@click.pass_obj
def why(root: str | None, deployment: str, output: str) -> None:
    """Tell why a release is judged as it is; also of a rule that passes, and of one that is off.

    The path of its file names it as well.
    """
    from releasectl.checking import reasons
    from releasectl.clock import SystemClock
    from releasectl.report import why as report

    workspace = Workspace(root)
    release = workspace.release(deployment.removeprefix("releases/").removesuffix(".yaml"))
    found = reasons(workspace.root, workspace.repository, release, now=SystemClock().now())
    click.echo(report.FORMATS[output](found), nl=False)
