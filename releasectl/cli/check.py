"""`releasectl check`: are the files well-formed, consistent, current and within policy?"""

from __future__ import annotations

import click

from releasectl.cli.wiring import Workspace

FORMATS = ("text", "json", "sarif", "github", "junit", "markdown")


@click.command()
@click.option("--since", metavar="REV", help="Only what differs from this commit.")
@click.option(
    "--base", metavar="REV", help="Judge by the engine, rules and waivers of this commit; the tree is data."
)
@click.option(
    "--format",
    "output",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="For people, programs, code scanning, annotations, test reports, or a summary.",
)
@click.pass_obj
def check(root: str | None, since: str | None, base: str | None, output: str) -> None:
    """Load every file, render, and judge the releases by the policy of their environment.

    With --format sarif the exit code is 0 unless a rule failed: code scanning decides by the findings.
    """
    from generators.catalogue import catalogue
    from releasectl.ahead import Ahead

    Ahead(catalogue)
    from releasectl.clock import SystemClock
    from releasectl.report.findings import FORMATS as REPORTS

    if since and base:
        raise click.UsageError("--since and --base exclude each other: the base judges what differs from it")
    workspace, now = Workspace(root), SystemClock().now()
    if base:
        from releasectl.basejudge import check_by_base

        found = check_by_base(workspace.root, base, now=now)
    else:
        from releasectl import checking

        found = (
            checking.check_since(workspace.root, since, now=now)
            if since
            else checking.check(workspace.root, now=now)
        )
    click.echo(REPORTS[output](found), nl=False)
    if found.exit_code and (output != "sarif" or found.faults):
        raise click.exceptions.Exit(found.exit_code)
