"""`releasectl rules`: what is asked of a release, by whom, and how strictly."""

from __future__ import annotations

import click

from releasectl.cli import names
from releasectl.cli.wiring import Workspace
from releasectl.errors import RuleFailed, UsageError


@click.command()
@click.option(
    "--explain",
    "identifier",
    metavar="ID",
    help="One rule in full: its page, parameters, remedy.",
    shell_complete=names.completes(names.rules),
)
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
    """List the rules with their strictness per environment, or explain one.

    A module that cannot be loaded is told, and the exit code is 1: the rule in it judges nothing.
    """
    from releasectl import rulebook
    from releasectl.checked import failed
    from releasectl.report import rules as report
    from releasectl.ruletable import as_markdown
    from releasectl.wording import nearest

    environments, faults = Workspace(root).environments, rulebook.book().faults
    if identifier is None:
        formats = {"text": report.as_text, "json": report.as_json, "markdown": as_markdown}
        click.echo(formats[output](environments), nl=False)
        if faults and output == "json":
            raise click.exceptions.Exit(RuleFailed.exit_code)
        RuleFailed.raise_if(failed(faults))
        return
    named = rulebook.named(identifier)
    if named is None:
        RuleFailed.raise_if(failed(faults))  # it may be one of these
        near = nearest(identifier, rulebook.rules())
        remedy = f"did you mean `{near}`?" if near else "`releasectl rules` lists them"
        raise UsageError.at(f"--explain {identifier}", "there is no such rule", remedy)
    if output == "markdown":
        click.echo(report.page_markdown(named, environments))
    else:
        explain = report.explained_json if output == "json" else report.explained
        click.echo(explain(named, environments), nl=False)
