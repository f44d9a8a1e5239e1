"""`releasectl plan TARGET`: what an apply would do, in a reviewer's terms first."""

from __future__ import annotations

from functools import partial

import click

from releasectl.cli.generated import tell_stale_of
from releasectl.cli.options import format_option, platform_option, target_argument
from releasectl.cli.wiring import Workspace, read_ahead
from releasectl.errors import PendingChanges


@click.command()
@target_argument
@click.option("--exit-code", is_flag=True, help="Exit with 11 if anything would change.")
@platform_option
@format_option
@click.pass_obj
def plan(root: str | None, target: str, exit_code: bool, platform: str | None, output: str) -> None:
    """Compare what is live with what the files say; TARGET is `pipelines` or an environment.

    What `apply` would refuse is refused here, a comparison that the request log denies as well.
    """
    read_ahead()
    from releasectl import plan as stage
    from releasectl.ahead import Ahead
    from releasectl.basejudge import judged_before
    from releasectl.clock import SystemClock
    from releasectl.git import edited
    from releasectl.report import plan as report
    from releasectl.tally import counted

    workspace = Workspace(root, platform)
    uncommitted = Ahead(partial(edited, workspace.root))
    workspace.judged(target)
    tell_stale_of(workspace, target)
    for told in counted(workspace.repository, target, workspace.request_log):
        click.echo(str(told), err=True)
    now = SystemClock().now()
    judged_before(workspace.root, target, now=now)
    found = stage.plan(
        target, workspace.repository, workspace.rendered_for(target), workspace.cluster(target)
    )
    back = None
    if found.writes and target != stage.PIPELINES:
        from releasectl.revert.wayback import of_target

        back = of_target(workspace.root, target, workspace.cluster, now=now)
    click.echo(report.FORMATS[output](found, back, uncommitted.result()), nl=False)
    if exit_code and not found.empty:
        raise click.exceptions.Exit(PendingChanges.exit_code)
