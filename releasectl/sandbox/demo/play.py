"""Plays a command of the story: shown, run as typed, told as far as it counts, kept as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
import yaml

from releasectl.sandbox.demo.story import Act, Command
from releasectl.sandbox.demo.telling import EVERYTHING, telling, told

WIDTH: Final = 120  # of what commands print, so that the same lines count wherever the story is told
STYLES: Final = {"✗": "red", "✓": "green"}


@dataclass(slots=True)
class Stage:
    """Where the demo plays: `root` is the user's tree and only read, `clone` the scratch clone with a sandbox
    of its own, `kept` the folder of what the acts print.

    `datasets` are the commits of what was pushed, by name; `background` is what was begun with `&`. With
    `verbose` all that is printed is told.
    """

    root: Path
    clone: Path
    kept: Path
    verbose: bool
    datasets: dict[str, str] = field(default_factory=dict)
    background: list[tuple[Command, subprocess.Popen[str]]] = field(default_factory=list)

    def file_of(self, number: int) -> Path:
        """What the commands of an act print."""
        return self.kept / f"{number:02}.txt"


def play(act: Act, file: Path, stage: Stage) -> bool:
    """All commands of an act; if one ends otherwise than the story says, whatever the act printed is told."""
    file.write_text("", encoding="utf-8")
    if all(perform(command, file, stage) for command in act.commands):
        return True
    if not stage.verbose:
        click.echo(f"\nall that this act printed, also in {file.relative_to(stage.root)}:\n")
        click.echo(file.read_text(encoding="utf-8"), nl=False)
    return False


def perform(command: Command, file: Path, stage: Stage) -> bool:
    """Show the command, then run it as typed."""
    if stage.verbose:
        click.echo()
    click.secho(f"$ {command.line}", fg="cyan")
    keep(f"$ {command.line}\n", file)
    if command.line == "wait":
        return all(followed(begun, process, file, stage) for begun, process in stage.background)
    line = ["bash", "-o", "pipefail", "-c", command.line.removesuffix("&")]
    process = subprocess.Popen(
        line, cwd=stage.clone, env=environment(), text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if not command.line.endswith("&"):
        return followed(command, process, file, stage)
    stage.background.append((command, process))
    assert process.stdout is not None
    keep(process.stdout.readline(), file)  # it is under way: its first word says so
    return True


def followed(command: Command, process: subprocess.Popen[str], file: Path, stage: Stage) -> bool:
    """To its end, and as it goes."""
    began = time.monotonic()
    what = EVERYTHING if stage.verbose else command.tells or telling(command.line)
    assert process.stdout is not None
    for line in told(kept(process.stdout, file), what):
        click.secho(line, fg=STYLES.get(line.lstrip()[:1]))
    code = process.wait()
    keep(f"({time.monotonic() - began:.0f} s, exit code {code})\n\n", file)
    return ended(code, command, stage)


def kept(output: Iterable[str], file: Path) -> Iterator[str]:
    for line in output:
        keep(line, file)
        yield line.rstrip("\n")


def keep(text: str, file: Path) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text)


def ended(code: int, command: Command, stage: Stage) -> bool:
    if code != command.ends:
        click.secho(f"\nthe demo stopped: {command.line!r} ended with {code}", fg="red", err=True)
        click.echo(f"  -> look at {stage.clone.relative_to(stage.root)}, repeat `make demo`", err=True)
        return False
    if code:
        click.secho(f"(exit code {code}, as it should be)", dim=True)
    if command.line.endswith("--train"):
        name = Path(command.line.split()[3]).stem
        training = yaml.safe_load((stage.clone / "pipelines/income/training.yaml").read_text())
        stage.datasets[name] = training["commit"]
    return True


def environment() -> dict[str, str]:
    """The toolkit's own programs come first."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": tools, "GIT_PAGER": "cat", "COLUMNS": str(WIDTH)}
