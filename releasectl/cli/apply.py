"""`releasectl apply TARGET`: make it so; what is already so is left alone."""

from __future__ import annotations

from functools import partial

import click

from releasectl.cli.generated import tell_stale_of
from releasectl.cli.options import format_option, platform_option, target_argument
from releasectl.cli.wiring import Workspace, read_ahead


@click.command()
@target_argument
@click.option("--retry", is_flag=True, help="Run again what failed before on the same input.")
@click.option(
    "--wait",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Wait so long for another apply to end.",
)
@click.option(
    "--timeout",
    default=600.0,
    show_default=True,
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Give up waiting after.",
)
@click.option(
    "--in-order", is_flag=True, help="Refuse to go behind the commit that was applied last (for CI)."
)
@platform_option
@format_option
@click.pass_obj
def apply(
    root: str | None,
    target: str,
    retry: bool,
    wait: float,
    timeout: float,
    in_order: bool,
    platform: str | None,
    output: str,
) -> None:
    """Bring TARGET (`pipelines` or an environment) to what the files say, step by step.

    What the rules of today forbid is not applied, nor what those of the commit before forbid: nothing is
    judged only by rules that came with it.
    """
    read_ahead()
    from releasectl import apply as stage
    from releasectl.ahead import Ahead
    from releasectl.basejudge import judged_before
    from releasectl.clock import Patience, SystemClock
    from releasectl.git import revision
    from releasectl.ledger import Ledger
    from releasectl.order import require_order
    from releasectl.report import apply as report
    from releasectl.report.changes import edited
    from releasectl.tally import counted

    workspace = Workspace(root, platform)
    clock = SystemClock()
    asked = Ahead(partial(revision, workspace.root))
    workspace.judged(target)
    tell_stale_of(workspace, target)
    for told in counted(workspace.repository, target, workspace.request_log):
        click.echo(str(told), err=True)
    judged_before(workspace.root, target, now=clock.now())
    cluster = workspace.cluster(target)
    made_by = asked.result()
    terms = stage.Terms(made_by.label, clock, Patience(limit=timeout), retry)
    with (
        report.progress(output) as progress,
        stage.hold(workspace.locks, target, made_by.author, clock=clock, progress=progress, wait=wait),
    ):
        if made_by.edited:
            progress(edited(made_by.edited))
        if in_order:
            require_order(workspace.root, target, made_by, cluster.data)
        outcome = stage.apply(
            target,
            workspace.repository,
            workspace.rendered_for(target),
            cluster,
            terms=terms,
            recorder=Ledger(cluster.data, made_by),
            progress=progress,
        )
    click.echo(report.FORMATS[output](outcome, made_by.edited), nl=False)
