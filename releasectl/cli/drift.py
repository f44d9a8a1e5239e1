"""`releasectl drift`: one look at everything that should be as git says, for a schedule to repeat."""

from __future__ import annotations

import click

from releasectl.cli.options import platform_option
from releasectl.cli.review import FORMATS, tell
from releasectl.cli.wiring import Workspace
from releasectl.errors import PendingChanges


@click.command()
@click.option(
    "--format",
    "output",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="For people, for an issue, for machines, or for a workflow.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 11 if anything is not clean.")
@platform_option
@click.pass_obj
def drift(root: str | None, output: str, exit_code: bool, platform: str | None) -> None:
    """Plan and verify every target, look at waivers and at the way back of every environment."""
    from releasectl.clock import SystemClock
    from releasectl.report.drift import as_markdown
    from releasectl.report.drift_text import as_text
    from releasectl.report.envelope import envelope
    from releasectl.review.drift import look
    from releasectl.review.fit import as_json, cut

    workspace = Workspace(root, platform)
    found = cut(
        look(
            workspace.root,
            workspace.repository,
            workspace.rendered,
            workspace.cluster,
            now=SystemClock().now(),
        )
    )
    if output == "json":
        click.echo(envelope("drift", ok=found.clean, commit=found.commit, seen=found.seen), nl=False)
    elif output == "text":
        click.echo(as_text(found), nl=False)
    else:
        tell("drift", as_json(found), as_markdown(found), output)
    if exit_code and not found.clean:
        raise click.exceptions.Exit(PendingChanges.exit_code)
