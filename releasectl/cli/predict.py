"""`releasectl predict TARGET/NAME --csv FILE`: real answers, with the commit that made them."""

from __future__ import annotations

from pathlib import Path

import click

from releasectl.cli.asking import asked_of
from releasectl.cli.options import deployment_argument, format_option, platform_option, rows_option
from releasectl.cli.wiring import Workspace, read_ahead


@click.command()
@deployment_argument
@rows_option
@click.option(
    "--limit",
    metavar="N",
    default=10,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="Rows to ask for.",
)
@platform_option
@format_option
@click.pass_obj
def predict(
    root: str | None, deployment: str, file: Path, limit: int, platform: str | None, output: str
) -> None:
    """Ask the deployed model about the first rows of a CSV file, and its outlier detector too."""
    read_ahead()
    from releasectl import ask
    from releasectl.encode import read_csv
    from releasectl.report import answers as report

    asked = asked_of(Workspace(root, platform), deployment)
    rows = read_csv(file, asked.lock.features, limit)
    click.echo(report.PREDICTIONS[output](ask.predict(asked, rows)), nl=False)
