"""`releasectl pr`: a real git remote; gh as a recorder of how it was called, or not there at all."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from releasectl import pullrequest
from releasectl.cli.main import guarded
from releasectl.errors import InvalidInput, PlatformRefused
from tests.unit.github.clones import change, commit, git

RECORDER = """\
#!/bin/sh
python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$@" >> "$GH_CALLS"
case "$*" in *list*) printf '%s' "$GH_KNOWN";; *create*) echo https://example.org/pull/7;; esac
"""


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(RECORDER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GH_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("GH_KNOWN", "")
    return tmp_path / "calls"


@pytest.fixture
def no_gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH with git and nothing else."""
    (tmp_path / "bin").mkdir()
    git_path = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / "bin" / "git").symlink_to(git_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def calls(file: Path) -> list[list[str]]:
    return ["\n".join(json.loads(line)).splitlines() for line in file.read_text().splitlines()]


def test_with_gh(clone: Path, gh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From main, a branch is made; the text is the review."""
    change(clone)
    commit(clone, "Two replicas: `id` $(id)")
    capsys.readouterr()
    assert guarded(["-C", str(clone), "pr"]) == 0
    assert "https://example.org/pull/7" in (told := capsys.readouterr().out)
    branch = "change/two-replicas-id-id"
    assert git(clone, "branch", "--show-current") == branch
    assert f"you are on the branch {branch}" in told
    assert git(clone, "rev-parse", "HEAD") == git(clone.parent / "origin", "rev-parse", branch)
    create = calls(gh)[-1]
    assert create[:6] == ["pr", "create", "--base", "main", "--head", branch]
    assert create[create.index("--title") + 1] == "Two replicas: `id` $(id)"
    body = Path(create[create.index("--body-file") + 1]).read_text()
    assert "change `staging/income`" in body
    assert "| replicas | `1` | `2` |" in body


def test_once_more_updates_it(clone: Path, gh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(clone, "switch", "-q", "-c", "mine")
    change(clone)
    commit(clone, "Two replicas")
    monkeypatch.setenv("GH_KNOWN", "https://example.org/pull/7")
    assert guarded(["-C", str(clone), "pr"]) == 0
    assert calls(gh)[-1][:3] == ["pr", "edit", "mine"]


@pytest.mark.usefixtures("no_gh")
def test_without_gh_a_person_is_told(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(clone, "switch", "-q", "-c", "mine")
    change(clone)
    commit(clone, "Two replicas")
    capsys.readouterr()
    assert guarded(["-C", str(clone), "pr"]) == 0
    out = capsys.readouterr().out
    assert "pushed mine" in out
    assert "open a pull request from mine to main yourself" in out
    *_, refused, why = out.splitlines()
    assert refused == "✗ the judge will refuse it as it is:"
    assert why.endswith(": its engine cannot judge other files: it is older than this")
    body = Path(out.split("its text: ")[1].splitlines()[0])
    assert "Release review" in body.read_text()
    assert git(clone.parent / "origin", "rev-parse", "mine") == git(clone, "rev-parse", "HEAD")


@pytest.mark.usefixtures("no_gh")
def test_what_is_left_to_do_as_json(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(clone, "switch", "-q", "-c", "mine")
    assert guarded(["-C", str(clone), "pr", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["command"], said["branch"], said["url"]) == ("pr", "mine", "")
    assert said["todo"][0].startswith("gh is not installed")
    assert (said["ok"], "its engine cannot judge" in said["refused"][0]) == (False, True)


def test_what_is_not_committed_stays_here(clone: Path) -> None:
    change(clone)
    with pytest.raises(InvalidInput, match="not committed"):
        pullrequest.push(clone)
    assert git(clone.parent / "origin", "branch", "--format=%(refname:short)") == "main"


def test_a_remote_that_refuses(clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "/nowhere")
    with pytest.raises(PlatformRefused, match="git fetch"):
        pullrequest.fetch(clone)


def test_no_branch(clone: Path) -> None:
    git(clone, "switch", "-q", "--detach")
    with pytest.raises(InvalidInput, match="on no branch"):
        pullrequest.push(clone)


def test_a_branch_of_its_own_for_a_release(clone: Path) -> None:
    change(clone)
    pullrequest.begin(clone, "release/x", ["releases/staging/income.yaml"], "Release x")
    assert git(clone, "log", "-1", "--format=%s") == "Release x"
    assert git(clone, "branch", "--show-current") == "release/x"
    assert git(clone, "show", "--name-only", "--format=").split() == ["releases/staging/income.yaml"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            "git@git.example.org:creditco/releases.git",
            "https://git.example.org/creditco/releases/compare/main...b",
        ),
        (
            "https://git.example.org/creditco/releases",
            "https://git.example.org/creditco/releases/compare/main...b",
        ),
        ("./.git/origin", "where: ./.git/origin"),
    ],
)
@pytest.mark.usefixtures("no_gh")
def test_where_to_open_it(clone: Path, address: str, expected: str) -> None:
    git(clone, "remote", "set-url", "origin", address)
    opened = pullrequest.open_(clone, "b", "text")
    assert any(expected in line for line in opened.todo)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [("Release income!", "change/release-income"), ("…", "change/unnamed"), ("x" * 99, f"change/{'x' * 60}")],
)
def test_slug(subject: str, expected: str) -> None:
    assert pullrequest.slug(subject) == expected
