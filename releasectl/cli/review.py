"""`releasectl review`: what a reviewer of a pull request needs to know."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from releasectl.cli.options import platform_option
from releasectl.cli.wiring import Workspace
from releasectl.errors import InvalidInput, PolicyDenied, UsageError

FORMATS = ("text", "markdown", "json", "github")


@click.command()
@click.option(
    "--base", default="origin/main", show_default=True, metavar="REV", help="What it is to go onto."
)
@click.option(
    "--head", metavar="REV", help="Refuse unless HEAD is this commit, or a merge that brings it in."
)
@click.option(
    "--live",
    is_flag=True,
    help="Also ask the cluster: does it contradict, what would apply do, is the way back safe?",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="For people, for a pull request, for machines, or for a workflow.",
)
@platform_option
@click.pass_obj
def review(
    root: str | None, base: str, head: str | None, live: bool, output: str, platform: str | None
) -> None:
    """Compare HEAD with its base: releases, metrics, groups, policy, who must approve, the way back."""
    from releasectl.ahead import Ahead
    from releasectl.clock import SystemClock
    from releasectl.githistory import commit_id
    from releasectl.plain import plain
    from releasectl.report.envelope import envelope
    from releasectl.report.review import as_markdown
    from releasectl.review.build import review as build
    from releasectl.review.fit import as_json, fitted
    from releasectl.review.judging import judge_difference
    from releasectl.review.reading import MOST_BYTES

    workspace = Workspace(root, platform)
    now = SystemClock().now()
    commit = commit_id(workspace.root, base)
    require_head(workspace.root, head)
    clusters = workspace.cluster if live else None
    with as_committed(workspace.root) as files:
        judging = Ahead(partial(judge_difference, files, commit, now=now))
        found = fitted(build(files, commit, judging, clusters, now=now, head=head), MOST_BYTES)
    if output == "json":
        click.echo(envelope("review", ok=not found.denied, **plain(found)), nl=False)
    else:
        tell("review", as_json(found), as_markdown(found), output)
    if found.denied:
        raise click.exceptions.Exit(PolicyDenied.exit_code)


@contextmanager
def as_committed(root: Path) -> Iterator[Path]:
    """The files of HEAD, which are reviewed: a checkout beside those at hand where they are not the same."""
    from releasectl.githistory import uncommitted
    from releasectl.revert.scratch import scratch

    if not uncommitted(root):
        yield root
        return
    with scratch(root, "HEAD") as copy:
        yield copy.root


def require_head(root: Path, head: str | None) -> None:
    """A ref such as refs/pull/1/merge may have moved since the event that asks for this review."""
    from releasectl.githistory import resolve

    if head is None:
        return
    found = resolve(root, "HEAD")
    if head not in (found.id, *found.parents[1:]):
        what = f"is neither {head} nor a merge that brings it in: it was pushed again meanwhile"
        raise InvalidInput.at(f"HEAD {found.short}", what, "the run for the newer commit has the review")


def tell(name: str, data: str, markdown: str, output: str) -> None:
    """For people; or for GitHub: the job's output is `data`, and in the log no text commands the runner."""
    if output == "text":
        from releasectl.report.prose import as_text

        markdown = as_text(markdown)
    if output != "github":
        click.echo(markdown)
        return
    token = os.urandom(16).hex()
    append("GITHUB_OUTPUT", f"{name}={data}\n")
    append("GITHUB_STEP_SUMMARY", markdown)
    click.echo(f"::stop-commands::{token}\n{markdown}\n::{token}::")


def append(variable: str, content: str) -> None:
    path = os.environ.get(variable)
    if not path:
        raise UsageError.at(
            "--format github", f"{variable} is not set", "it is for steps of GitHub Actions: leave it out"
        )
    with Path(path).open("a", encoding="utf-8") as stream:
        stream.write(content)
