"""`releasectl rules`: what is asked of a release, by whom, and how strictly."""

from __future__ import annotations

import click

from releasectl.cli.wiring import Workspace
from releasectl.errors import UsageError


@click.command()
@click.option("--explain", "identifier", metavar="ID", help="One rule in full: its page, parameters, remedy.")
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="For people, for machines, or for a page.",
)
@click.pass_obj
def rules(root: str | None, identifier: str | None, output: str) -> None:
    """List the rules with their strictness per environment, or explain one."""
    from releasectl import rulebook
    from releasectl.report import rules as report
    from releasectl.ruletable import as_markdown
    from releasectl.schema import did_you_mean

    environments = Workspace(root).environments
    if identifier is None:
        formats = {"text": report.as_text, "json": report.as_json, "markdown": as_markdown}
        click.echo(formats[output](environments), nl=False)
        return
    known = rulebook.rules()
    if identifier not in known:
        where = f"--explain {identifier}"
        raise UsageError.at(where, "there is no such rule", did_you_mean(identifier, known))
    if output == "markdown":
        click.echo(report.page_markdown(identifier))
    else:
        explain = report.explained_json if output == "json" else report.explained
        click.echo(explain(identifier, environments), nl=False)
