"""`make demo` once more: its clone begins anew, and a person's work in the earlier one is kept."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from releasectl.errors import UsageError
from releasectl.sandbox.demo import clone as demo
from releasectl.sandbox.demo import run
from releasectl.sandbox.demo.__main__ import main


def git(clone: Path, *words: str) -> str:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    done = subprocess.run(["git", *who, *words], cwd=clone, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As a demo leaves it."""
    clone = tmp_path / "repository"
    git(tmp_path, "init", "--quiet", "repository")
    (clone / "file").write_text("as the demo left it\n")
    git(clone, "add", "file")
    git(clone, "commit", "--quiet", "-m", "The last release")
    demo.remembered(clone).write_text(demo.work_in(clone))
    return clone


def test_an_untouched_clone_is_removed(clone: Path) -> None:
    demo.cleared(clone, clone.parent)
    assert list(clone.parent.iterdir()) == []


def edit(clone: Path) -> None:
    (clone / "file").write_text("mine\n")


def add(clone: Path) -> None:
    (clone / "new").write_text("mine\n")


def commit(clone: Path) -> None:
    git(clone, "commit", "--quiet", "--allow-empty", "-m", "Mine")


def commit_beside(clone: Path) -> None:
    git(clone, "switch", "--quiet", "--create", "mine")
    commit(clone)
    git(clone, "switch", "--quiet", "-")


def cut_off(clone: Path) -> None:
    demo.remembered(clone).unlink()


@pytest.mark.parametrize("work", [edit, add, commit, commit_beside, cut_off])
def test_work_in_it_is_moved_aside_and_told(
    clone: Path, work: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    work(clone)
    before = demo.work_in(clone)
    demo.cleared(clone, clone.parent)
    [aside] = clone.parent.iterdir()
    assert aside != clone
    assert demo.work_in(aside) == before
    assert aside.name in capsys.readouterr().out


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Its files are no repository of releases: `render` refuses them."""
    root = tmp_path / "checkout"
    git(tmp_path, "init", "--quiet", "checkout")
    (root / "trainers").mkdir()
    (root / "trainers/README.md").write_text("no releases here\n")
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "-m", "Something else")
    return root


def test_a_checkout_that_cannot_begin_anew_says_why(checkout: Path) -> None:
    with pytest.raises(UsageError, match="cannot begin anew: error: "):
        demo.prepare(checkout, verbose=False)


def test_a_clone_that_was_not_finished_is_nobodys_work(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor is one that the story has not begun in."""
    with pytest.raises(UsageError):
        demo.prepare(checkout, verbose=False)
    monkeypatch.setattr(demo, "BEFORE", "")
    for _ in range(2):
        stage = demo.prepare(checkout, verbose=False)
        assert sorted(path.name for path in stage.clone.parent.iterdir()) == ["output", "repository"]
    assert capsys.readouterr().out == ""


def test_an_interruption_is_told_in_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "prepare", interrupted)
    assert main() == 130
    assert capsys.readouterr().err.startswith("\ninterrupted: ")


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("NO_COLOR", "")])
def test_no_colours_for_who_wants_none(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(
        "click.utils.should_strip_ansi", lambda _, colour: colour is False
    )  # as on a terminal
    monkeypatch.setattr(run, "told", lambda: click.secho("1. An act", bold=True) or 0)
    assert main() == 0
    assert ("\033[" in capfd.readouterr().out) is not bool(value)
