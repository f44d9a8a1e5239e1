"""A revision that cannot be found is told by its cause: no repository, no commit, or no such name."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from releasectl.errors import InvalidInput, PlatformRefused, UsageError
from releasectl.githistory import NEVER, instant, resolve


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", "-C", str(root), *identity, *words], check=True, capture_output=True)


def test_outside_of_git(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no git repository"):
        resolve(tmp_path, "HEAD")


def test_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init")
    with pytest.raises(InvalidInput, match="has no commit yet"):
        resolve(tmp_path, "HEAD")


def test_where_git_refuses_to_work_it_says_why(tmp_path: Path) -> None:
    git(tmp_path, "init")
    (tmp_path / ".git/config").write_text("[core\n")
    with pytest.raises(PlatformRefused, match="git refuses: fatal: bad config line 1"):
        resolve(tmp_path, "HEAD")


@pytest.mark.parametrize(("revision", "where"), [("nope", "nope"), ("--all", "--all"), ("", "REV")])
def test_a_name_that_git_does_not_know(tmp_path: Path, revision: str, where: str) -> None:
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "-m", "first")
    with pytest.raises(UsageError) as caught:
        resolve(tmp_path, revision)
    assert caught.value.problems[0].where == where


@pytest.mark.parametrize(
    "told", ["", "abc", "1e9", "99999999999999", "253402300799", "9" * 5000, "-" + "9" * 30]
)
def test_what_is_no_moment_is_never(told: str) -> None:
    assert instant(told) == NEVER


@pytest.mark.parametrize("moment", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)])
def test_seconds_are_a_moment(moment: datetime) -> None:
    assert instant(str(int(moment.timestamp()))) == moment
