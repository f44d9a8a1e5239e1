"""`releasectl pr`: push what is committed and open its pull request, with the review as its text."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from releasectl.cli.options import format_option, platform_option
from releasectl.cli.wiring import Workspace

SHOWN = 5  # reasons why it will be refused


@click.command()
@click.option(
    "--live",
    is_flag=True,
    help="Also ask the cluster: does it contradict, what would apply do, is the way back safe?",
)
@platform_option
@format_option
@click.pass_obj
def pr(root: str | None, live: bool, platform: str | None, output: str) -> None:
    """Push the commits as a branch; `gh` opens the pull request, or you are told how to."""
    workspace = Workspace(root, platform)
    open_pull_request(workspace, live=live, output=output)


def open_pull_request(workspace: Workspace, *, live: bool, output: str = "text") -> None:
    """The text is what the comment of `plan` will say."""
    from releasectl import pullrequest
    from releasectl.report.envelope import envelope

    base = pullrequest.fetch(workspace.root)
    branch = pullrequest.push(workspace.root)
    body, refused = summary(workspace, base, live=live)
    opened = pullrequest.open_(workspace.root, branch, body)
    back = f"you are on the branch {branch}; back with `git switch {pullrequest.BASE}`"
    if output == "json":
        told = {"branch": opened.branch, "url": opened.url, "todo": opened.todo, "refused": refused}
        click.echo(envelope("pr", ok=not refused, **told), nl=False)
        return
    for line in (opened.url or f"pushed {branch}", *opened.todo, back):
        click.echo(line)
    if refused:
        click.secho("✗ the judge will refuse it as it is:", fg="red")
        more = len(refused) - SHOWN
        for line in (*refused[:SHOWN], *([f"and {more} more: see its text"] if more > 0 else [])):
            click.echo(f"  - {line}")


def summary(workspace: Workspace, base: str, *, live: bool) -> tuple[str, tuple[str, ...]]:
    """The text of the pull request, and why the judge would refuse it."""
    from releasectl.ahead import Ahead
    from releasectl.clock import SystemClock
    from releasectl.policy import Strictness
    from releasectl.report.review import as_markdown
    from releasectl.review.build import review
    from releasectl.review.judging import judge_difference

    now, root = SystemClock().now(), Path(workspace.root)
    judging = Ahead(partial(judge_difference, root, base, now=now))
    found = review(root, base, judging, workspace.cluster if live else None, now=now)
    against = [f"{each.where}: {each.what}" for each in found.problems]
    denials = (each for each in found.findings if each.strictness == Strictness.DENY and not each.waived)
    against += [f"{each.release}: {each.rule}, {each.message}" for each in denials]
    return as_markdown(found), tuple(against or ["see its text"]) if found.denied else ()
