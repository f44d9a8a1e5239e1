"""A git that fails is no evidence that nothing was ever released."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from releasectl.gitrun import run
from releasectl.judge import assess, circumstances
from releasectl.model import Missing
from releasectl.render import render
from releasectl.renewals import grants
from releasectl.timeline import History
from tests.builder import Mini, build

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


def without_objects(git: Path) -> None:
    shutil.rmtree(git / "objects")
    (git / "objects").mkdir()


def of_somebody_else(git: Path) -> None:
    """As in a container that has mounted the clone of another user."""
    if os.geteuid():
        pytest.skip("only root can give files away")
    for path in (git.parent, git, *git.rglob("*")):
        os.chown(path, 65534, 65534)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "HEAD is broken": lambda git: (git / "HEAD").write_text("x"),
    "HEAD is on no branch": lambda git: (git / "HEAD").write_text("ref: refs/heads/nobody\n"),
    "objects are gone": without_objects,
    "the repository is gone": lambda git: git.rename(git.parent / "elsewhere"),
    "it is somebody else's": of_somebody_else,
}


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    """Released in a first commit."""
    found = build(tmp_path)
    run(tmp_path, "init", "-q")
    run(tmp_path, "add", "-A")
    run(tmp_path, *IDENTITY, "commit", "-q", "-m", "all")
    return found


def past(mini: Mini) -> object:
    release = next(iter(mini.load().releases_in("staging")))
    return History(mini.root, now=NOW).timeline(release)


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_served_and_what_was_waived_is_unknown(mini: Mini, damage: str) -> None:
    assert not isinstance(past(mini), Missing)
    assert grants(mini.root)() == frozenset()
    DAMAGES[damage](mini.root / ".git")
    for told in (past(mini), grants(mini.root)()):
        assert isinstance(told, Missing)
        assert told.reason.startswith(("git cannot be asked: ", "git knows no commit HEAD"))


def test_before_the_first_commit_nothing_served(tmp_path: Path) -> None:
    mini = build(tmp_path)
    run(tmp_path, "init", "-q")
    assert not isinstance(past(mini), Missing)


def test_rules_that_need_the_past_say_so(mini: Mini) -> None:
    (mini.root / ".git/HEAD").write_text("x")
    mini.write("environments/staging/policy.yaml", "rules:\n  ROLL-002: deny\n")
    repository = mini.load()
    found = assess(repository, render(repository), circumstances(mini.root, NOW)).findings
    (finding,) = (each for each in found if each.rule == "ROLL-002" and each.release == "staging/income")
    assert "git cannot be asked" in finding.message
