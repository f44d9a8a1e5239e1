"""`releasectl compare TARGET/NAME`: what the request log says of a candidate: promote, wait or stop."""

from __future__ import annotations

from datetime import datetime

import click

from releasectl.cli.options import MOMENT, deployment_argument, platform_option
from releasectl.cli.wiring import Workspace
from releasectl.errors import InvalidInput


@click.command()
@deployment_argument
@click.option(
    "--since",
    type=MOMENT,
    metavar="TIME",
    help="Leave out requests before this, such as 2026-11-24T08:30; UTC unless it says. [default: the apply "
    "that began the present stage]",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="For people, machines or a pull request.",
)
@click.option("--record", is_flag=True, help="Also write it to releases/comparisons/, which SHAD-001 reads.")
@click.option("--all", "whole", is_flag=True, help="Show traffic, flips, groups and the noise floor, too.")
@platform_option
@click.pass_obj
def compare(
    root: str | None,
    deployment: str,
    since: datetime | None,
    output: str,
    record: bool,
    whole: bool,
    platform: str | None,
) -> None:
    """Compare a candidate with the model it would replace, by the requests that both answered."""
    from releasectl import comparison as stage
    from releasectl import comparisonfile
    from releasectl.files import replace
    from releasectl.model import Missing
    from releasectl.report import compare as report

    workspace = Workspace(root, platform)
    release = workspace.release(deployment)
    environment = workspace.environment(release.environment)
    found = stage.compare_release(
        release,
        environment,
        workspace.repository.locks,
        workspace.data(release.environment),
        workspace.request_log(release.environment),
        since=since,
    )
    if isinstance(found, Missing):
        raise InvalidInput.at(
            deployment, found.reason, "start one: releasectl release … --strategy shadow|canary|abtest"
        )
    if record:
        path = comparisonfile.path_of(workspace.repository, release, found)
        written = comparisonfile.dump(release, stage.thresholds(environment), found)
        replace(workspace.root / path, written.encode())
        click.echo(f"wrote {path}", err=True)
    told = report.as_text(deployment, found, whole=whole) if output == "text" else None
    click.echo(told or report.FORMATS[output](deployment, found), nl=False)
