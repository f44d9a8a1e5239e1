"""`releasectl check`: are the files well-formed, consistent and within policy?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from releasectl.cli.generated import tell_stale
from releasectl.cli.wiring import Workspace, read_ahead
from releasectl.errors import InvalidInput

if TYPE_CHECKING:
    from releasectl.checked import Checked

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

    With --format sarif the exit code is 0 unless a rule failed or a file cannot be read: code scanning
    decides by the findings.
    """
    if not base:  # whose own process will read what it needs
        read_ahead()
    from releasectl.checked import Checked
    from releasectl.clock import SystemClock
    from releasectl.report.findings import FORMATS as REPORTS

    if since and base:
        raise click.UsageError("--since and --base exclude each other: the base judges what differs from it")
    workspace, now = Workspace(root), SystemClock().now()
    try:
        found = _found(workspace.root, since, base, now)
    except InvalidInput as error:
        if output in ("text", "json"):
            raise
        click.echo(REPORTS[output](Checked((), (), refused=error.problems)), nl=False)
        if output == "github":  # which holds the text as well
            raise click.exceptions.Exit(error.exit_code) from None
        raise
    click.echo(REPORTS[output](found), nl=False)
    if output == "text":
        tell_stale(found.stale)
    if found.exit_code and (output != "sarif" or found.faults):
        raise click.exceptions.Exit(found.exit_code)


def _found(root: Path, since: str | None, base: str | None, now: datetime) -> Checked:
    if base:
        from releasectl.basejudge import check_by_base

        return check_by_base(root, base, now=now)
    from releasectl import checking

    return checking.check_since(root, since, now=now) if since else checking.check(root, now=now)
