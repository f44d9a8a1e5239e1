"""The story from its scratch clone to what to try next, in colours where somebody reads them."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import click

from releasectl.errors import ReleaseError
from releasectl.repo import find_root
from releasectl.sandbox.demo.clone import prepare, remembered, work_in
from releasectl.sandbox.demo.play import WIDTH, Stage, play
from releasectl.sandbox.demo.story import story


def run() -> int:
    """Exit code 0, or 5 when a command ended otherwise than the story says."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"  # https://no-color.org
    context = click.Context(click.Command("demo"))
    context.color = False if plain else None  # then it is for click to say
    with context:
        return told()


def told() -> int:
    began = time.monotonic()
    try:
        stage = prepare(find_root(Path.cwd()), verbose=bool(os.environ.get("VERBOSE")))
    except ReleaseError as error:
        click.echo(str(error), err=True)
        return error.exit_code
    if not stage.verbose:
        kept = stage.kept.relative_to(stage.root)
        click.echo(
            f"What matters is told here, all that the commands of an act print is kept: {kept}/<act>.txt"
        )
    try:
        for number, act in enumerate(story(stage.datasets), 1):
            click.secho(f"\n{number}. {act.title}", bold=True)
            wide = min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH)
            click.secho(click.wrap_text(act.why, wide, "   ", "   "), dim=True)
            if not play(act, stage.file_of(number), stage):
                return 5
            if os.environ.get("STEP"):
                click.pause("\n   press a key to go on")
    finally:
        for _, process in stage.background:
            process.terminate()
        subprocess.run(["git", "push", "--quiet", "origin", "main"], cwd=stage.clone, check=False)
        remembered(stage.clone).write_text(work_in(stage.clone))
    farewell(stage, time.monotonic() - began)
    return 0


def farewell(stage: Stage, seconds: float) -> None:
    here = stage.clone.relative_to(stage.root)
    click.secho(f"\nThe story took {seconds:.0f} s. The sandbox goes on serving.", bold=True)
    click.echo(f"All that was printed is in {stage.kept.relative_to(stage.root)}/. What to try next:")
    for command, what in (
        (f"export PATH=$PWD/.venv/bin:$PATH; cd {here}", "the scratch clone; your work in it is kept"),
        ("releasectl prove-revert", "what a revert of the last release would do"),
        (
            "git revert --no-edit HEAD && releasectl apply production",
            "do it: model 3 is on trial again, with 50 %",
        ),
        ("releasectl abort production/income", "end that trial, too: model 1 will answer alone"),
        ("git commit -am 'End the trial' && releasectl apply production", "and now it does"),
        ("releasectl why production/income", "every rule, and the facts of those that found something"),
        ("releasectl sandbox down", "stop everything"),
    ):
        click.echo(f"  {command:<62} # {what}")
