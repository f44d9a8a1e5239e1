"""Plays the story: shows each command, runs it as typed in a scratch clone, stops at the first surprise."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import click
import yaml

from releasectl.errors import ReleaseError, UsageError
from releasectl.repo import find_root
from releasectl.sandbox.demo.story import Command, story

# The story begins before the first release: a history of its own, without the releases of this repository,
# and a remote of its own, so that pull requests are tried without a push into the checkout.
BEFORE = """
git checkout --quiet --orphan main-of-the-demo
git rm --quiet -r --force --ignore-unmatch releases/models releases/comparisons 'releases/*/*.yaml'
releasectl render > /dev/null
git add -A
git commit --quiet -m 'The repository before its first release'
git branch --force --move main
git init --quiet --bare --initial-branch=main .git/origin
git remote set-url origin ./.git/origin
git push --quiet --set-upstream origin main
"""
IDENTITY = {"user.name": "CreditCo engineer", "user.email": "engineer@creditco.example"}


@dataclass(slots=True)
class Stage:
    """Where the demo plays: `root` is the user's tree and only read, `clone` the scratch clone with a sandbox
    of its own.

    `datasets` are the commits of what was pushed, by name; `background` is what was begun with `&`.
    """

    root: Path
    clone: Path
    datasets: dict[str, str] = field(default_factory=dict)
    background: list[subprocess.Popen[bytes]] = field(default_factory=list)


def main() -> int:
    """Exit code 0, or 5 when a command ended otherwise than the story says."""
    began = time.monotonic()
    try:
        stage = prepare(find_root(Path.cwd()))
    except ReleaseError as error:
        click.echo(str(error), err=True)
        return error.exit_code
    try:
        for number, act in enumerate(story(stage.datasets), 1):
            click.secho(f"\n{number}. {act.title}", bold=True)
            width = min(shutil.get_terminal_size().columns, 110)
            click.secho(click.wrap_text(act.why, width, "   ", "   "), dim=True)
            if not all(perform(command, stage) for command in act.commands):
                return 5
            if os.environ.get("STEP"):
                click.pause("\n   press a key to go on")
    except KeyboardInterrupt:
        click.echo("\ninterrupted: `make demo` begins anew and keeps what the sandbox has", err=True)
        return 130
    finally:
        for process in stage.background:
            process.terminate()
        subprocess.run(["git", "push", "--quiet", "origin", "main"], cwd=stage.clone, check=False)
        remembered(stage.clone).write_text(work_in(stage.clone))
    farewell(stage, time.monotonic() - began)
    return 0


def prepare(root: Path) -> Stage:
    """A fresh clone of the last commit under .sandbox/demo, before its first release; the sandbox of an
    earlier demo ends with its clone, unless somebody worked there.
    """
    clone = root / ".sandbox" / "demo" / "repository"
    stage = Stage(root, clone)
    if clone.exists():
        subprocess.run(["releasectl", "sandbox", "down"], cwd=clone, env=environment(), check=False)
        cleared(clone, root)
    clone.parent.mkdir(parents=True, exist_ok=True)
    cloned = subprocess.run(
        ["git", "clone", "--quiet", "--no-hardlinks", str(root), str(clone)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if cloned.returncode:
        raise UsageError.at(
            root, f"cannot be cloned: {cloned.stderr.strip()}", "run the demo in a git clone with a commit"
        )
    (clone / "trainers/.venv").symlink_to(root / "trainers/.venv")
    for key, value in IDENTITY.items():
        subprocess.run(["git", "config", key, value], cwd=clone, check=True)
    subprocess.run(["bash", "-ec", BEFORE], cwd=clone, env=environment(), check=True)
    return stage


def cleared(clone: Path, root: Path) -> None:
    """An earlier clone is removed if it is as its demo left it; a person's work in it is moved aside."""
    left = remembered(clone)
    if left.exists() and left.read_text() == work_in(clone):
        shutil.rmtree(clone)
        return
    aside = clone.with_name(f"{clone.name}-{time.strftime('%Y%m%d-%H%M%S')}")
    clone.rename(aside)
    click.echo(f"the earlier scratch clone is not as its demo left it: kept as {aside.relative_to(root)}")


def remembered(clone: Path) -> Path:
    """Where it is kept how the demo left its clone."""
    return clone / ".git" / "left-by-the-demo"


def work_in(clone: Path) -> str:
    """All that a person can have changed: commits on any branch, edits, new files."""
    asked = ("rev-parse HEAD", "for-each-ref", "status --porcelain --untracked-files=all", "diff HEAD")
    return "".join(
        subprocess.run(["git", *words.split()], cwd=clone, capture_output=True, text=True, check=False).stdout
        for words in asked
    )


def perform(command: Command, stage: Stage) -> bool:
    """Show the command, then run it as typed."""
    click.secho(f"\n$ {command.line}", fg="cyan")
    sys.stdout.flush()
    if command.line == "wait":
        return all(waited(process, stage) for process in stage.background)
    line = ["bash", "-o", "pipefail", "-c", command.line.removesuffix("&")]
    began = time.monotonic()
    if command.line.endswith("&"):
        stage.background.append(begun(line, stage))
        return True
    process = subprocess.Popen(line, cwd=stage.clone, env=environment())
    code = process.wait()
    if (took := time.monotonic() - began) >= 1:
        click.secho(f"  ({took:.0f} s)", dim=True)
    return ended(code, command, stage)


def begun(line: list[str], stage: Stage) -> subprocess.Popen[bytes]:
    """In the background, and under way: its first word to stderr says so."""
    process = subprocess.Popen(line, cwd=stage.clone, env=environment(), stderr=subprocess.PIPE)
    assert process.stderr is not None
    click.echo(process.stderr.readline().decode(), nl=False)
    return process


def waited(process: subprocess.Popen[bytes], stage: Stage) -> bool:
    _, said = process.communicate()
    click.echo(said.decode(), nl=False, err=True)
    return ended(process.returncode, Command("what ran in the background"), stage)


def ended(code: int, command: Command, stage: Stage) -> bool:
    if code != command.ends:
        click.secho(f"\nthe demo stopped: {command.line!r} ended with {code}", fg="red", err=True)
        click.echo(f"  -> look at {stage.clone.relative_to(stage.root)}, repeat `make demo`", err=True)
        return False
    if code:
        click.secho(f"  (exit code {code}, as it should be)", dim=True)
    if command.line.endswith("--train"):
        name = Path(command.line.split()[3]).stem
        training = yaml.safe_load((stage.clone / "pipelines/income/training.yaml").read_text())
        stage.datasets[name] = training["commit"]
    return True


def environment() -> dict[str, str]:
    """The toolkit's own programs come first."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": tools, "GIT_PAGER": "cat"}


def farewell(stage: Stage, seconds: float) -> None:
    here = stage.clone.relative_to(stage.root)
    click.secho(
        f"\nThe story took {seconds:.0f} s. The sandbox goes on serving. What to try next:", bold=True
    )
    for command, what in (
        (f"export PATH=$PWD/.venv/bin:$PATH; cd {here}", "the scratch clone; your work in it is kept"),
        ("git log --oneline", "the releases so far"),
        ("releasectl prove-revert", "what a revert of the last release would do"),
        (
            "git revert --no-edit HEAD && releasectl apply production",
            "do it: model 3 is on trial again, with 50 %",
        ),
        ("releasectl abort production/income", "end that trial, too: model 1 will answer alone"),
        ("git commit -am 'End the trial' && releasectl apply production", "and now it does"),
        ("releasectl why production/income", "every rule, and the facts of those that found something"),
        ("releasectl sandbox logs -f", "what the servers say"),
        ("releasectl sandbox down", "stop everything"),
    ):
        click.echo(f"  {command:<62} # {what}")


if __name__ == "__main__":
    sys.exit(main())
