"""`releasectl explain TARGET/NAME --csv FILE`: why the model answers as it does, in a sentence."""

from __future__ import annotations

from pathlib import Path

import click

from releasectl.cli.asking import asked_of
from releasectl.cli.options import deployment_argument, format_option, platform_option, rows_option
from releasectl.cli.wiring import Workspace, read_ahead
from releasectl.errors import UsageError


@click.command()
@deployment_argument
@rows_option
@click.option(
    "--row",
    metavar="N",
    default=1,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="Which row, from 1.",
)
@platform_option
@format_option
@click.pass_obj
def explain(
    root: str | None, deployment: str, file: Path, row: int, platform: str | None, output: str
) -> None:
    """Ask the explainer of a release about one row of a CSV file.

    It samples to find its rule, and the row is the seed: the same row gets the same reasons each time.
    """
    read_ahead()
    from releasectl import ask
    from releasectl.compare.words import count
    from releasectl.encode import read_csv
    from releasectl.report import answers as report

    asked = asked_of(Workspace(root, platform), deployment)
    rows = read_csv(file, asked.lock.features, row)
    if len(rows) < row:
        what = f"{file} has {count(len(rows), 'row')} only"
        raise UsageError.at(f"--row {row}", what, f"name a row up to {len(rows)}")
    click.echo(report.EXPLANATION[output](ask.explain(asked, rows[row - 1])), nl=False)
