"""What a shell is offered for the words of a command, in the way in which click's scripts ask for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from releasectl.cli.main import main
from tests.builder import build


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path)
    (tmp_path / "releases" / "models" / "not-a-release.yaml").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("words", "begun", "offered"),
    [
        (["plan"], "", ["pipelines", "production", "staging"]),
        (["apply"], "st", ["staging"]),
        (["status"], "pi", ["pipelines"]),
        (["verify", "staging", "--platform"], "", ["sandbox"]),
        (["predict"], "staging/", ["staging/income"]),
        (["why"], "models", []),
        (["release"], "", ["income"]),
        (["release", "income", "--env"], "", ["production", "staging"]),
        (["release", "income", "--commit"], "l", ["latest"]),
        (["rules", "--explain"], "SOAK", ["SOAK-001"]),
    ],
)
def test_names_of_the_repository(root: Path, words: list[str], begun: str, offered: list[str]) -> None:
    shell = ShellComplete(main, {"obj": None}, "releasectl", "_RELEASECTL_COMPLETE")
    found = shell.get_completions(["-C", str(root), *words], begun)
    assert [each.value for each in found] == offered


def test_outside_of_a_repository_nothing_is_offered(tmp_path: Path) -> None:
    shell = ShellComplete(main, {"obj": None}, "releasectl", "_RELEASECTL_COMPLETE")
    assert shell.get_completions(["-C", str(tmp_path), "plan"], "") == []
