"""`releasectl why TARGET/NAME`: every rule on one release, the facts it saw, and its verdict."""

from __future__ import annotations

import click

from releasectl.cli.options import deployment_argument, format_option
from releasectl.cli.wiring import Workspace


@click.command()
@deployment_argument
@click.option("--findings", is_flag=True, help="Only rules that found something or could not be judged.")
@click.option("--all", "facts", is_flag=True, help="Every fact that a rule looked at, also those that hold.")
@format_option
@click.pass_obj
def why(root: str | None, deployment: str, findings: bool, facts: bool, output: str) -> None:
    """Tell why a release is judged as it is; also of a rule that passes, and of one that is off.

    The path of its file names it as well. JSON always holds every rule and every fact.
    """
    from releasectl.checked import failed
    from releasectl.checking import reasons
    from releasectl.clock import SystemClock
    from releasectl.errors import RuleFailed
    from releasectl.report import why as report

    workspace = Workspace(root)
    release = workspace.release(deployment)
    found = reasons(workspace.root, workspace.repository, release, now=SystemClock().now())
    if output == "json":
        click.echo(report.as_json(found), nl=False)
        if found.faults:
            raise click.exceptions.Exit(RuleFailed.exit_code)
    else:
        click.echo(report.as_text(found, findings=findings, facts=facts), nl=False)
        RuleFailed.raise_if(failed(found.faults))
