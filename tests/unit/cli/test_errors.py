"""Whatever goes wrong ends in an exit code and in words, or in one JSON document where that was asked for."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from releasectl.cli import main
from releasectl.cli.main import guarded
from tests.builder import build

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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [["rules"], ["rules", "--format", "json"]])
def test_output_that_cannot_be_written(words: list[str], tmp_path: Path) -> None:
    build(tmp_path)
    command = [sys.executable, "-m", "releasectl.cli.main", "-C", str(tmp_path), *words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 5
    assert done.stderr.startswith("error: the system: No space left on device\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("value", "coloured"), [("", None), ("1", False)])
def test_no_color(value: str, coloured: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    assert main.colour() is coloured
