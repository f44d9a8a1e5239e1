"""`releasectl data push|list`: datasets go to a side branch and wait there until a person names them."""

from __future__ import annotations

from pathlib import Path

import click

from releasectl.cli.options import format_option, platform_option
from releasectl.cli.wiring import Workspace
from releasectl.errors import UsageError


@click.group()
def data() -> None:
    """Datasets in Pachyderm: push one to a side branch, list what is there."""


@data.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--repo", help="Default: the repository that trains, as in pipelines/*/training.yaml.")
@click.option(
    "--branch",
    help="Default: incoming, which triggers nothing; master for a repository that trains no model.",
)
@click.option(
    "--path", help="Its name in the commit. Default: /data.csv where models train, else /<file name>."
)
@click.option(
    "--train", is_flag=True, help="Also write the commit into training.yaml; the next apply trains on it."
)
@platform_option
@format_option
@click.pass_obj
def push(
    root: str | None,
    file: Path,
    repo: str | None,
    branch: str | None,
    path: str | None,
    train: bool,
    platform: str | None,
    output: str,
) -> None:
    """Put FILE into one commit of its own; nothing changes if the head of the branch holds the same bytes."""
    from releasectl import dataset
    from releasectl.files import replace
    from releasectl.report import data as report

    workspace = Workspace(root, platform)
    trained = workspace.training_files()
    repo = workspace.only_training_repo() if repo is None else repo
    if train and repo not in trained:
        raise UsageError.at("--train", f"no pipelines/*/training.yaml trains on {repo}", "leave out --train")
    pushed = dataset.push(
        workspace.data(),
        file,
        repo=repo,
        branch=branch or (dataset.ARRIVALS if repo in trained else "master"),
        path=path or (dataset.TRAINING_FILE if repo in trained else f"/{file.name}"),
    )
    if train:
        training = workspace.root / trained[repo]
        text = dataset.training_text(training.read_bytes().decode(), pushed.commit)
        replace(training, text.encode())
    click.echo(report.PUSHED[output](pushed, trained.get(repo), train), nl=False)


@data.command("list")
@click.option("--repo", help="Default: the repository that trains.")
@platform_option
@format_option
@click.pass_obj
def list_(root: str | None, repo: str | None, platform: str | None, output: str) -> None:
    """Commits of a data repository, newest first, and the branches that point at them."""
    from releasectl import dataset
    from releasectl.report import data as report

    workspace = Workspace(root, platform)
    repo = workspace.only_training_repo() if repo is None else repo
    rows = tuple(dataset.listed(workspace.data(), repo))
    click.echo(report.LISTED[output](repo, rows), nl=False)
