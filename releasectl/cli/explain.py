"""`releasectl explain TARGET/NAME --csv FILE`: why the model answers as it does, in a sentence."""

from __future__ import annotations

from pathlib import Path

import click

from releasectl.cli.options import deployment_argument, format_option, platform_option
from releasectl.cli.wiring import Workspace
from releasectl.errors import InvalidInput


@click.command()
@deployment_argument
@click.option("--csv", "file", required=True, type=click.Path(path_type=Path), help="Rows with a header.")
@click.option(
    "--row", default=1, show_default=True, type=click.IntRange(1, 10_000), help="Which row, from 1."
)
@platform_option
@format_option
@click.pass_obj
def explain(
    root: str | None, deployment: str, file: Path, row: int, platform: str | None, output: str
) -> None:
    """Ask the explainer of a release about one row of a CSV file."""
    from releasectl import ask
    from releasectl.encode import read_csv
    from releasectl.report import answers as report

    workspace = Workspace(root, platform)
    release = workspace.release(deployment)
    lock = workspace.repository.locks[release.model]
    environment = workspace.environment(release.environment)
    rows = read_csv(file, lock.features, row)
    if len(rows) < row:
        raise InvalidInput.at(file, f"has {len(rows)} rows, not {row}", f"name a row from 1 to {len(rows)}")
    inference = workspace.cluster(environment.name).inference
    found = ask.explain(release, environment, lock, inference, rows[row - 1])
    click.echo(report.EXPLANATION[output](found), nl=False)
