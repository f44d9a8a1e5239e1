"""`releasectl replay REV`: a past state of the releases, judged as it was then, or as it would be now."""

from __future__ import annotations

import click

from releasectl.cli.check import FORMATS
from releasectl.cli.wiring import Workspace


@click.command()
@click.argument("revision", metavar="REV")
@click.option(
    "--as-of",
    metavar="DATE",
    help="By the rules and the calendar of this day (2026-11-24), or `today`. Default: by its own.",
)
@click.option(
    "--format", "output", type=click.Choice(FORMATS), default="text", show_default=True, help="As of `check`."
)
@click.pass_obj
def replay(root: str | None, revision: str, as_of: str | None, output: str) -> None:
    """Judge the releases of a commit by its own rules and waivers, at its own time."""
    from releasectl.clock import SystemClock
    from releasectl.replaying import replay as run
    from releasectl.report.findings import FORMATS as REPORTS

    found = run(Workspace(root).root, revision, as_of, now=SystemClock().now())
    click.echo(REPORTS[output](found), nl=False)
    if found.exit_code and (output != "sarif" or found.faults):
        raise click.exceptions.Exit(found.exit_code)
