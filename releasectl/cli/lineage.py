"""`releasectl lineage TARGET/NAME|COMMIT`: from what answers back to the data it learned from."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from releasectl.cli.names import completes, deployments
from releasectl.cli.options import as_deployment, format_option, platform_option
from releasectl.cli.wiring import Workspace, read_ahead


def _release_or_commit(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """A commit has no slash; a release has one, or says which has."""
    commit = value.rpartition("@")[2]
    return commit if re.fullmatch("[0-9a-f]{8,32}", commit) else as_deployment(ctx, param, value)


@click.command()
@click.argument(
    "subject",
    metavar="TARGET/NAME|COMMIT",
    shell_complete=completes(deployments),
    callback=_release_or_commit,
)
@platform_option
@format_option
@click.pass_obj
def lineage(root: str | None, subject: str, platform: str | None, output: str) -> None:
    """Live deployment -> model commit -> every commit it was made from, down to the dataset.

    COMMIT is the `model_version` of an answer, whether or not it still serves; 8 digits do.
    """
    read_ahead()
    from releasectl import lineage as stage
    from releasectl.report import lineage as report

    workspace = Workspace(root, platform)
    target, _, name = subject.partition("/")
    if not name:
        from releasectl.impact.ancestry import gathering
        from releasectl.load import load

        def repos() -> Iterable[str]:
            return gathering(load(workspace.root, wanted=lambda path: path.startswith("pipelines/")))

        traced = stage.traced(workspace.root, subject, workspace.data, repos)
        click.echo(report.TRACED[output](traced), nl=False)
        return
    found = stage.lineage(workspace.environment(target), name, workspace.cluster(target))
    click.echo(report.FORMATS[output](found), nl=False)
