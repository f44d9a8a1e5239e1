"""`releasectl traffic TARGET/NAME`: replays the holdout, to give a comparison its evidence."""

from __future__ import annotations

import click

from releasectl.cli.options import deployment_argument, format_option, platform_option
from releasectl.cli.wiring import Workspace
from releasectl.errors import PlatformRefused


@click.command()
@deployment_argument
@click.option(
    "--requests",
    metavar="N",
    default=3000,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="How many to send.",
)
@click.option(
    "--rate",
    metavar="N",
    default=300.0,
    show_default=True,
    type=click.FloatRange(0.1),
    help="Requests a second.",
)
@click.option(
    "--connections",
    metavar="N",
    default=4,
    show_default=True,
    type=click.IntRange(1, 16),
    help="Open at a time.",
)
@click.option(
    "--offset",
    metavar="N",
    type=click.IntRange(0),
    help="Rows of the holdout to pass over. [default: goes on where the last one of this clone ended]",
)
@platform_option
@format_option
@click.pass_obj
def traffic(
    root: str | None,
    deployment: str,
    requests: int,
    rate: float,
    connections: int,
    offset: int | None,
    platform: str | None,
    output: str,
) -> None:
    """Send rows of the frozen holdout to a release, one request each, as a client would."""
    from releasectl import traffic as stage
    from releasectl.files import replace
    from releasectl.report import traffic as report

    workspace = Workspace(root, platform)
    release = workspace.release(deployment)
    environment = workspace.environment(release.environment)
    cluster = workspace.cluster(environment.name)
    locks = workspace.repository.locks
    rows = stage.holdout(cluster.data, locks[release.model], locks.values())
    kept = workspace.locks / f"traffic-{environment.name}-{release.name}"
    click.echo(f"sending {requests:,} requests to {deployment}", err=True)
    found = stage.send(
        release,
        environment,
        rows,
        cluster.inference,
        requests=requests,
        rate=rate,
        connections=connections,
        offset=stage.ended(kept) if offset is None else offset,
    )
    replace(kept, str(found.next).encode())
    if release.strategy.mirror is not None:
        stage.settle(workspace.request_log(environment.name), environment.namespace, release)
    click.echo(report.FORMATS[output](found), nl=False)
    if found.failed:
        raise click.exceptions.Exit(PlatformRefused.exit_code)
