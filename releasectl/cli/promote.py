"""`releasectl promote TARGET/NAME`: a candidate goes one step on; the commit is left to the person."""

from __future__ import annotations

import click

from releasectl.cli.options import deployment_argument, format_option
from releasectl.cli.wiring import Workspace, read_ahead
from releasectl.errors import PolicyDenied


@click.command()
@deployment_argument
@format_option
@click.pass_obj
def promote(root: str | None, deployment: str, output: str) -> None:
    """Write the next state of a trial: shadow, canary by its steps, then the candidate is the model."""
    run("promote", root, deployment, output)


def run(verb: str, root: str | None, deployment: str, output: str) -> None:
    """`promote` and `abort` differ in nothing but where they lead."""
    read_ahead()
    from releasectl.judge import denied
    from releasectl.promote import accept, transition
    from releasectl.report import promote as report

    workspace = Workspace(root)
    release = workspace.release(deployment)
    found = transition(
        "abort" if verb == "abort" else "promote", workspace.root, workspace.repository, release
    )
    refused = denied(found.proposal.own_findings)
    changed = () if refused else accept(workspace.root, found.proposal)
    click.echo(report.FORMATS[output](found, changed), nl=False)
    if refused:
        raise click.exceptions.Exit(PolicyDenied.exit_code)
