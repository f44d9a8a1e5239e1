"""`releasectl data push|list`: datasets go to a side branch and wait there until a person names them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from releasectl.cli.options import format_option, platform_option
from releasectl.cli.wiring import Workspace
from releasectl.errors import UsageError

if TYPE_CHECKING:
    from releasectl.model import Training


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
    "--path", help="Its name in the commit. Default: the file that pipelines read, else /<file name>."
)
@click.option(
    "--train", is_flag=True, help="Also write the commit into training.yaml; the next apply trains on it."
)
@click.option("--force", is_flag=True, help="Push it whatever its columns are, and to whatever path.")
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
    force: bool,
    platform: str | None,
    output: str,
) -> None:
    """Put FILE into one commit of its own; nothing changes if the head of the branch holds the same bytes."""
    from releasectl import dataset
    from releasectl.files import replace
    from releasectl.report import data as report
    from releasectl.schema import did_you_mean
    from releasectl.singlefile import vouched as vouched_for

    workspace = Workspace(root, platform)
    repo = workspace.only_training_repo() if repo is None else repo
    training = workspace.trainings().get(repo)
    if train and training is None:
        raise UsageError.at("--train", f"no pipelines/*/training.yaml trains on {repo}", "leave out --train")
    if training is not None and branch == training.branch:
        what = f"what is pushed to {repo}@{branch} trains at once, whatever {training.source.file} names"
        remedy = f"leave out --branch: it goes to {dataset.ARRIVALS}, and --train names it"
        raise UsageError.at(f"--branch {branch}", what, remedy)
    path = _path(workspace, repo, path, file.name, force=force)
    card = _card(workspace, training) if training is not None and train else None
    vouched = None if card is None else vouched_for(workspace.root, card)
    pushed = dataset.push(
        workspace.data(),
        file,
        repo=repo,
        branch=branch or ("master" if training is None else dataset.ARRIVALS),
        path=path,
        row=None if force else dataset.row_of(path),
    )
    if training is not None and train:
        target = workspace.root / training.source.file
        text = dataset.training_text(target.read_bytes().decode(), pushed.commit)
        replace(target, text.encode())
    lacks = card if vouched is not None and pushed.sha256 not in vouched else None
    named_by = None if training is None else training.source.file
    known = workspace.repos_read() if pushed.made else frozenset((repo,))
    near = "" if repo in known else did_you_mean(repo, known)
    click.echo(report.PUSHED[output](pushed, named_by, train, lacks, near), nl=False)


def _path(workspace: Workspace, repo: str, path: str | None, name: str, *, force: bool) -> str:
    """Where pipelines look for it: elsewhere they would not find it."""
    read = () if force and path else workspace.files_read(repo)
    if path is None:
        return read[0] if len(read) == 1 else f"/{name}"
    path = f"/{path.lstrip('/')}"
    if read and path not in read:
        what = f"no pipeline reads {path} of {repo}: they read {', '.join(read)}"
        raise UsageError.at(f"--path {path}", what, "leave out --path, or push it there with --force")
    return path


def _card(workspace: Workspace, training: Training) -> str | None:
    card = f"{training.source.file.rpartition('/')[0]}/card.yaml"
    return card if (workspace.root / card).is_file() else None


@data.command("list")
@click.option("--repo", help="Default: the repository that trains, if there is only one.")
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
