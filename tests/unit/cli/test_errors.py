"""Whatever goes wrong ends in an exit code and in words, or in one JSON document where that was asked for."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from releasectl.cli import main
from releasectl.cli.main import guarded
from tests.builder import build

ENGINE = Path(main.__file__).parents[1]
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "releases/models")


def problem(capsys: pytest.CaptureFixture[str], code: int) -> dict[str, Any]:
    """The only problem of the document on stdout, which holds the exit code as well; stderr is silent."""
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert (said["ok"], said["exit_code"], err) == (False, code, "")
    (only,) = said["problems"]
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize(
    ("words", "where", "what"),
    [
        (["plan", "--format", "json"], "releasectl plan", "Missing argument 'TARGET'"),
        (["plan", "--format=json", "a", "b"], "releasectl plan", "unexpected extra argument (b)"),
        (["chek", "--format", "json"], "releasectl", "Did you mean 'check'?"),
        (["-C", "/nowhere", "check", "--format", "json"], "releasectl", "does not exist"),
        (["apply", "x", "--wait", "-1", "--format", "json"], "releasectl apply", "not in the range"),
    ],
)
def test_bad_arguments_as_json(
    words: list[str], where: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(words) == 2
    found = problem(capsys, 2)
    assert found["where"] == where
    assert what in found["what"]
    assert found["remedy"] == f"see `{where} --help`"


def reporting(group: click.Group, before: str = "") -> Iterator[str]:
    """The commands with `--format json`, with their group."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from reporting(command, f"{name} ")
        for option in command.params:
            if "--format" in option.opts and "json" in getattr(option.type, "choices", ()):
                yield before + name


@pytest.mark.parametrize("command", [*reporting(main.main)])
def test_every_document_says_which_command_and_whether_it_is_well(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded([*command.split(), "--format", "json", "--no-such-option"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert list(said) == ["command", "ok", "exit_code", "problems"]
    assert (said["command"], said["ok"]) == (command, False)


def test_one_place_makes_the_documents() -> None:
    """What a workflow hands from job to job and SARIF have forms of their own."""
    made = [
        path.relative_to(ENGINE).as_posix()
        for folder in ("cli", "report", "review")
        for path in (ENGINE / folder).glob("*.py")
        if "json.dumps(" in path.read_text()
    ]
    assert sorted(made) == ["report/envelope.py", "report/sarif.py", "review/fit.py"]


@pytest.mark.parametrize("words", [[], ["plan"], ["check", "--format", "json", "--format", "x"]])
def test_bad_arguments_as_text(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Usage: releasectl")


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    @click.command()
    @click.option("--format", "output")
    def check(output: str | None) -> None:  # noqa: ARG001
        raise error

    monkeypatch.setattr(main.LazyGroup, "get_command", lambda *_: check)


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing(monkeypatch, FULL)
    assert guarded(["check", "--format", "json"]) == 5
    assert problem(capsys, 5) == {
        "where": "releases/models",
        "what": "No space left on device",
        "remedy": "free space or mend the permissions, then repeat the command",
    }
    assert guarded(["check"]) == 5
    assert capsys.readouterr().err.startswith("error: releases/models: No space left on device\n  -> free")


def test_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing(monkeypatch, ZeroDivisionError("no such thing"))
    assert guarded(["check", "--format", "json"]) == 1
    found = problem(capsys, 1)
    assert (found["where"], found["what"]) == ("internal error", "ZeroDivisionError: no such thing")
    log = Path(found["remedy"].removeprefix("please report it with "))
    assert "raise error" in log.read_text()
    log.unlink()


@pytest.fixture
def no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/nowhere"])


@pytest.mark.usefixtures("no_temporary_folder")
def test_no_temporary_folder(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="temporary") as caught:
        tempfile.gettempdir()
    failing(monkeypatch, caught.value)
    assert guarded(["check", "--format", "json"]) == 5
    found = problem(capsys, 5)
    assert found["what"] == "No usable temporary directory found in ['/nowhere']"
    assert "TMPDIR" in found["remedy"]


@pytest.mark.usefixtures("no_temporary_folder")
def test_a_fault_of_ours_that_nothing_can_keep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, ZeroDivisionError("no such thing"))
    assert guarded(["check", "--format", "json"]) == 1
    found = problem(capsys, 1)
    assert found["what"].startswith(
        "ZeroDivisionError: no such thing; and no file for the traceback: No usable"
    )
    assert found["remedy"].startswith("name a folder that can be written to in the variable TMPDIR")


def test_a_folder_that_has_gone(tmp_path: Path) -> None:
    """Where a person works who has another terminal."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'import os; os.rmdir("../gone"); from releasectl.cli.main import run; run()'
    command = [sys.executable, "-c", script, "rules"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, cwd=gone, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (5, "")
    assert "-> change to a folder that is there" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [["rules"], ["rules", "--format", "json"]])
def test_output_that_cannot_be_written(words: list[str], tmp_path: Path) -> None:
    build(tmp_path)
    command = [sys.executable, "-m", "releasectl.cli.main", "-C", str(tmp_path), *words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 5
    assert done.stderr.startswith("error: standard output: No space left on device\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("value", "coloured"), [("", None), ("1", False)])
def test_no_color(value: str, coloured: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", value)
    assert main.colour() is coloured


@pytest.mark.parametrize(("terminal", "coloured"), [("dumb", False), ("xterm", None)])
def test_a_dumb_terminal_gets_no_colours(
    terminal: str, coloured: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", terminal)
    assert main.colour() is coloured


def interrupting(module: str, number: signal.Signals) -> str:
    """A start of `releasectl rules` in which a signal lands where `module` is imported, and nowhere else."""
    return f"""
import os, signal, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), {number.value})

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["releasectl", "rules"]
from releasectl.cli.main import run
run()
"""


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("importlib", "interrupted\n"),
        ("click", "interrupted\n"),
        ("releasectl.errors", "interrupted\n"),
        ("releasectl.cli.rules", "interrupted: repeat the command to go on from here\n"),
        ("releasectl.report.rules", "interrupted: repeat the command to go on from here\n"),
    ],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_while_imports_run(module: str, said: str, number: signal.Signals) -> None:
    command = [sys.executable, "-S", "-c", interrupting(module, number)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.lstrip("\n")) == (130, "", said)


def test_an_interrupt_that_python_wraps_in_another_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it does where ^C lands in the body of a class."""
    error = RuntimeError("Error calling __set_name__")
    error.__cause__ = KeyboardInterrupt()
    failing(monkeypatch, error)
    assert guarded(["check"]) == 130
    assert capsys.readouterr().err == "interrupted: repeat the command to go on from here\n"


def test_an_interrupt_that_python_would_swallow() -> None:
    """As it does in a callback: there it reports the error and goes on."""
    code = """
import signal, sys, time
from releasectl.cli import interrupt, main

class Swallows:
    def __del__(self):
        raise KeyboardInterrupt

def command(argv):
    Swallows()
    time.sleep(60)
    print("went on")
    return 0

signal.signal(signal.SIGINT, signal.default_int_handler)
main.guarded = command
main.run()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "interrupted: repeat the command to go on from here\n"
