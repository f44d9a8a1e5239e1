"""`make demo`: the story of a release, told by the commands that a person would type, in a scratch clone."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from releasectl.errors import ReleaseError, UsageError
from releasectl.repo import find_root

IDENTITY = {"user.name": "CreditCo engineer", "user.email": "engineer@creditco.example"}


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays: `root` is the user's tree and only read, `clone` the scratch clone."""

    root: Path
    clone: Path


@dataclass(frozen=True, slots=True)
class Step:
    """A heading, why it happens, and the commands; a command runs in the clone, `git` among them."""

    title: str
    why: str
    commands: tuple[str, ...]


def story() -> Iterator[Step]:
    """From nothing to explained predictions in production."""
    data, applicants = "../data", "trainers/data/applicants.csv"
    yield Step(
        "An embedded cluster",
        "Pachyderm and Seldon as they speak on the wire, on this machine only.",
        ("releasectl sandbox up",),
    )
    yield Step(
        "The data arrives",
        "Census rows without sensitive traits go to a side branch, where nothing trains; a frozen holdout, "
        "which keeps those traits for audits only, goes to a repository of its own.",
        (
            f"python -m trainers.datasets {data} v1 holdout",
            f"releasectl data push {data}/holdout.csv --repo income_holdout",
            f"releasectl data push {data}/v1.csv --train",
            "git diff -U0",
            "git commit -qam 'Train on the census rows v1'",
        ),
    )
    yield Step(
        "Training",
        "A person has named the dataset commit; applying that moves income_data@master, and the DAG runs.",
        ("releasectl plan pipelines", "releasectl apply pipelines"),
    )
    for environment in ("staging", "production"):
        yield Step(
            f"Release to {environment}",
            "The pull request: one release file, the lock of its model, the manifests rendered from both.",
            (
                f"releasectl release income --env {environment} --commit latest --owner credit-ml",
                "git add -A",
                f"git commit -q --allow-empty -m 'Release income to {environment}'",
                f"releasectl plan {environment}",
                f"releasectl apply {environment}",
                f"releasectl verify {environment}",
            ),
        )
    yield Step(
        "Once more",
        "An apply compares what is live with what the files say: now there is nothing to do.",
        ("releasectl apply production",),
    )
    yield Step(
        "Answers",
        "Five people of the holdout and one made up; every answer names the model commit that made it.",
        (
            f"releasectl predict production/income --csv {applicants}",
            f"releasectl explain production/income --csv {applicants} --row 3",
            "releasectl lineage production/income",
            "releasectl status",
        ),
    )


def main() -> int:
    """Exit code 0, or that of the first command that failed."""
    began = time.monotonic()
    try:
        stage = prepare(find_root(Path.cwd()))
    except ReleaseError as error:
        click.echo(str(error), err=True)
        return error.exit_code
    for number, step in enumerate(story(), 1):
        click.secho(f"\n{number}. {step.title}", bold=True)
        click.secho(f"   {step.why}", dim=True)
        for command in step.commands:
            if code := perform(command, stage):
                click.secho(f"\nthe demo stopped: {command!r} ended with {code}", fg="red", err=True)
                return code
        if os.environ.get("STEP"):
            click.pause("\n   press a key to go on")
    farewell(stage, time.monotonic() - began)
    return 0


def prepare(root: Path) -> Stage:
    """A fresh clone of the last commit under .sandbox/demo; the user's tree is never touched."""
    home = root / ".sandbox" / "demo"
    clone = home / "repository"
    shutil.rmtree(clone, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    cloned = subprocess.run(
        ["git", "clone", "--quiet", "--no-hardlinks", str(root), str(clone)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if cloned.returncode:
        raise UsageError.at(
            root, f"cannot be cloned: {cloned.stderr.strip()}", "run the demo in a git clone with a commit"
        )
    for key, value in IDENTITY.items():
        subprocess.run(["git", "-C", str(clone), "config", key, value], check=True)
    return Stage(root, clone)


def perform(command: str, stage: Stage) -> int:
    """Show the command, then run it as typed: the sandbox is the user's, all else the clone's."""
    click.secho(f"\n$ {command}", fg="cyan")
    sys.stdout.flush()
    words = shlex.split(command)
    of_root = words[:2] == ["releasectl", "sandbox"]
    began = time.monotonic()
    code = subprocess.run(
        words, cwd=stage.root if of_root else stage.clone, env=environment(stage), check=False
    ).returncode
    if (took := time.monotonic() - began) >= 1:
        click.secho(f"  ({took:.0f} s)", dim=True)
    return code


def environment(stage: Stage) -> dict[str, str]:
    """The toolkit's own programs first; the platform is that of the user's tree."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    platform = os.environ.get("RELEASECTL_PLATFORM", str(stage.root / "environments/platforms/sandbox.yaml"))
    return {**os.environ, "PATH": tools, "RELEASECTL_PLATFORM": platform, "GIT_PAGER": "cat"}


def farewell(stage: Stage, seconds: float) -> None:
    here = stage.clone.relative_to(stage.root)
    click.secho(f"\nDone in {seconds:.0f} s. The sandbox goes on serving. What to try next:", bold=True)
    for command, what in (
        (f"cd {here}; export PATH=$PWD/../../../.venv/bin:$PATH", "the scratch clone, yours to play with"),
        ("git log --oneline", "the releases so far"),
        ("git revert --no-edit HEAD && releasectl apply production", "roll the last release back"),
        ("releasectl verify production", "follow every link from the file to an answer"),
        ("releasectl sandbox logs -f", "what the servers say (from the root of the repository)"),
        ("releasectl sandbox down", "stop everything (from the root of the repository)"),
    ):
        click.echo(f"  {command:<62} # {what}")


if __name__ == "__main__":
    sys.exit(main())
