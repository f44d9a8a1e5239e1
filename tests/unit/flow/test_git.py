"""What git says of a repository, or why it says nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from releasectl.git import edited, revision
from releasectl.model import Missing


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "user.name", "Ada")
    git(tmp_path, "config", "user.email", "ada@example.org")
    return tmp_path


def test_a_clean_and_a_dirty_tree(repository: Path) -> None:
    (repository / "releases").mkdir()
    (repository / "releases/a").write_text("1")
    git(repository, "add", "releases")
    git(repository, "commit", "--quiet", "-m", "first")
    found = revision(repository)
    assert (found.commit, found.dirty) == (git(repository, "rev-parse", "HEAD"), False)
    assert found.author == "Ada <ada@example.org>"
    (repository / "notes").write_text("no part of an apply")
    assert not revision(repository).dirty
    (repository / "releases/a").write_text("2")
    assert revision(repository).dirty
    assert revision(repository).label.endswith("-dirty")
    (repository / "policies/new").mkdir(parents=True)
    (repository / "policies/new/a rule.py").write_text("")
    (repository / "environments").mkdir()
    git(repository, "mv", "releases/a", "environments/a")
    assert revision(repository).edited == edited(repository)
    assert {each.strip('"') for each in edited(repository)} == {
        "environments/a", "policies/new/a rule.py", "releases/a",
    }  # fmt: skip


def test_no_variable_and_no_replacement_tells_of_another_repository(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "releases").mkdir()
    (repository / "releases/a").write_text("1")
    git(repository, "add", "releases")
    git(repository, "commit", "--quiet", "-m", "first")
    first = git(repository, "rev-parse", "HEAD")
    (repository / "releases/a").write_text("2")
    git(repository, "commit", "--quiet", "-a", "-m", "second")
    second = git(repository, "rev-parse", "HEAD")
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "--quiet")
    git(repository, "replace", second, first)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert revision(repository).label == second


def test_no_commit_yet(repository: Path) -> None:
    assert isinstance(revision(repository).commit, Missing)


def test_no_git_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = revision(tmp_path)
    assert edited(tmp_path) == found.edited == ()
    assert isinstance(found.commit, Missing)
    assert found.label == "none"
    assert found.author
