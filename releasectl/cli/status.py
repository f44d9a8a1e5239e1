"""`releasectl status [TARGET]`: what the files want, what is live, and who applied it last."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from releasectl.cli import names
from releasectl.cli.options import format_option, platform_option
from releasectl.cli.wiring import Workspace, read_ahead
from releasectl.errors import BackendUnreachable, Problem

if TYPE_CHECKING:
    from releasectl.status import Status


@click.command()
@click.argument("target", required=False, metavar="[TARGET]", shell_complete=names.completes(names.targets))
@platform_option
@format_option
@click.pass_obj
def status(root: str | None, target: str | None, platform: str | None, output: str) -> None:
    """Pipelines and environments at a glance; TARGET narrows to one."""
    read_ahead()
    from releasectl import status as stage
    from releasectl.ahead import Ahead
    from releasectl.plan import targets
    from releasectl.report import status as report

    workspace = Workspace(root, platform)
    found = []
    unreachable: dict[Problem, None] = {}  # an ordered set: two targets often share what is down
    wanted = targets(workspace.repository) if target is None else (target,)
    for asked in [Ahead(partial(_look, workspace, each)) for each in wanted]:
        try:
            seen = asked.result()
            found.append(seen)
            if isinstance(seen, stage.EnvironmentStatus):
                unreachable |= dict.fromkeys(seen.problems)
        except BackendUnreachable as error:
            unreachable |= dict.fromkeys(error.problems)
    click.echo(report.FORMATS[output](found, tuple(unreachable)), nl=False)
    if unreachable:
        raise click.exceptions.Exit(BackendUnreachable.exit_code)


def _look(workspace: Workspace, target: str) -> Status:
    from releasectl.status import status as look

    return look(target, workspace.repository, workspace.rendered_for(target), workspace.cluster(target))
