"""`releasectl check`: are the files well-formed, consistent, current and within policy?"""

from __future__ import annotations

import click

from releasectl.cli.options import format_option
from releasectl.cli.wiring import Workspace
from releasectl.errors import PolicyDenied


@click.command()
@format_option
@click.pass_obj
def check(root: str | None, output: str) -> None:
    """Load every file, render, and judge the releases by the policy of their environment."""
    from releasectl.judge import denied, judge
    from releasectl.report import findings as report

    workspace = Workspace(root)
    findings = judge(workspace.repository, workspace.rendered)
    click.echo(report.FORMATS[output](findings, workspace.repository), nl=False)
    if denied(findings):
        raise click.exceptions.Exit(PolicyDenied.exit_code)
