"""`check --since`: what a difference touches is judged, and nothing else is read."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from releasectl import lock as locks
from releasectl.checking import check, check_since
from releasectl.cli.main import guarded
from releasectl.errors import InvalidInput, UsageError
from releasectl.scope import Scope, since
from tests.builder import LENIENT, MODEL, Mini, build, commit_id

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OTHER = commit_id("another model")
NEWER = commit_id("a newer model")
ALL = {f"{environment}/{name}" for environment in ("staging", "production") for name in ("income", "wealth")}


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    """Four releases in a git repository."""
    found = build(tmp_path)
    found.lock(OTHER)
    for environment in ("staging", "production"):
        found.release("wealth", environment, OTHER)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "all")
    return found


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-C", str(root), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run([*command, *arguments], check=True, capture_output=True)


def edit(path: str, text: str) -> Callable[[Mini], object]:
    return lambda mini: mini.write(path, (mini.root / path).read_text() + text)


CHANGES: dict[str, tuple[Callable[[Mini], object], set[str]]] = {
    "nothing": (lambda _: None, set()),
    "a release": (edit("releases/staging/income.yaml", "replicas: 2\n"), {"staging/income"}),
    "a new release": (lambda mini: mini.release("fresh", "staging", OTHER), {"staging/fresh"}),
    "a new lock": (
        lambda mini: (mini.lock(NEWER), mini.release("wealth", "production", NEWER)),
        {"production/wealth"},
    ),
    "a lock that was there": (lambda mini: mini.lock(OTHER, evidence={"card": {"name": "x"}}), ALL),
    "a lock that only the past names": (lambda mini: mini.lock(NEWER), ALL),
    "notes": (lambda mini: mini.write("pipelines/income/notes.md", "what we train\n"), set()),
    "a policy": (
        edit("environments/production/policy.yaml", "  LOG-001: warn\n"),
        {"production/income", "production/wealth"},
    ),
    "an environment": (edit("environments/staging/environment.yaml", "# a comment\n"), ALL),
    "a manifest": (
        lambda mini: mini.write("environments/staging/rendered/income.yaml", "by: hand\n"),
        {"staging/income"},
    ),
    "detectors": (
        lambda mini: mini.write("environments/production/rendered/wealth.detectors.yaml", "[]\n"),
        {"production/wealth"},
    ),
    "a manifest of no release": (
        lambda mini: mini.write("environments/staging/rendered/gone.yaml", "by: hand\n"),
        set(),
    ),
    "a removed release": (lambda mini: (mini.root / "releases/staging/wealth.yaml").unlink(), set()),
    "the README": (lambda mini: mini.write("README.md", "read me\n"), set()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changed_is_judged(mini: Mini, name: str) -> None:
    change, wanted = CHANGES[name]
    change(mini)
    assert set(check_since(mini.root, "HEAD", now=NOW).releases) == wanted


@pytest.mark.parametrize(
    "path",
    [
        "policies/waivers.yaml",
        "releases/revoked.yaml",
        "releasectl/judge.py",
        "generators/x.libsonnet",
        "releases/release.schema.json",
        "environments/platforms/sandbox.yaml",
        "pipelines/images.yaml",
        "pipelines/income/dag.jsonnet",
        "pipelines/income/parts/steps.libsonnet",
    ],
)
def test_a_change_of_the_judge_judges_everything(mini: Mini, path: str) -> None:
    mini.write(path, "waivers: []\n")
    assert since(mini.root, "HEAD").whole


@pytest.mark.parametrize(
    "path",
    ["pipelines/income/card.yaml", "pipelines/income/training.yaml", "pipelines/income/rendered/a.yaml"],
)
def test_what_is_trained_next_is_of_no_release(mini: Mini, path: str) -> None:
    mini.write(path, "waivers: []\n")
    assert since(mini.root, "HEAD") == Scope(frozenset(), pipelines=True)


def test_a_lock_that_is_gone_judges_everything(mini: Mini) -> None:
    """The past of a release may name it: without its champion a challenger is denied."""
    mini.lock(NEWER)
    git(mini.root, "add", "-A")
    git(mini.root, "commit", "-q", "-m", "a lock")
    (mini.root / locks.path_of(NEWER)).unlink()
    assert since(mini.root, "HEAD").whole


def test_what_git_overlooks_is_not_passed_over(mini: Mini) -> None:
    git(mini.root, "update-index", "--assume-unchanged", "releases/staging/income.yaml")
    edit("releases/staging/income.yaml", "replicas: 2\n")(mini)
    with pytest.raises(InvalidInput, match="git was told to overlook it"):
        check_since(mini.root, "HEAD", now=NOW)


@pytest.mark.parametrize("name", [f"{OTHER}.canary.yaml", f"{OTHER}.yaml"])
def test_a_comparison_belongs_to_its_release(mini: Mini, name: str) -> None:
    mini.write(f"releases/comparisons/staging/income/{name}", "format: comparison/1\n")
    assert since(mini.root, "HEAD") == Scope(frozenset({"releases/staging/income.yaml"}))


def test_the_findings_are_those_of_a_whole_check(mini: Mini) -> None:
    edit("environments/staging/environment.yaml", "")(mini)
    file = mini.root / "environments/staging/environment.yaml"
    file.write_text(file.read_text().replace("retention_days: 760", "retention_days: 1"))
    whole, partly = check(mini.root, now=NOW), check_since(mini.root, "HEAD", now=NOW)
    assert whole.findings == partly.findings
    assert {finding.release for finding in partly.findings} == {"staging/income", "staging/wealth"}


def test_an_environment_without_releases_may_be_in_the_place_of_another(mini: Mini) -> None:
    mini.write("environments/production/policy.yaml", LENIENT.replace("OPS-007: off", "OPS-007: deny"))
    git(mini.root, "commit", "-q", "-a", "-m", "one policy for a namespace")
    text = (mini.root / "environments/production/environment.yaml").read_text()
    mini.write("environments/pilot/environment.yaml", text.replace("branch: production", "branch: pilot"))
    found = check_since(mini.root, "HEAD", now=NOW).findings
    assert {each.release for each in found if each.rule == "OPS-007"} == {
        "production/income",
        "production/wealth",
    }
    assert found == check(mini.root, now=NOW).findings


def test_a_broken_release_elsewhere_is_not_even_read(mini: Mini) -> None:
    mini.write("releases/production/wealth.yaml", "name: [\n")
    git(mini.root, "commit", "-q", "-a", "-m", "broken")
    edit("releases/staging/income.yaml", "replicas: 2\n")(mini)
    assert check_since(mini.root, "HEAD", now=NOW).releases == ("staging/income",)


def test_a_name_taken_in_the_same_namespace_is_found_all_the_same(mini: Mini) -> None:
    file = mini.root / "environments/staging/environment.yaml"
    file.write_text(file.read_text().replace("creditco-staging", "creditco-production"))
    git(mini.root, "commit", "-q", "-a", "-m", "one namespace")
    edit("releases/staging/income.yaml", "replicas: 2\n")(mini)
    with pytest.raises(InvalidInput, match="already serves in the namespace creditco-production"):
        check_since(mini.root, "HEAD", now=NOW)


def test_an_edited_lock_is_found_when_its_release_is_judged(mini: Mini) -> None:
    path = locks.path_of(MODEL)
    text = (mini.root / path).read_text()
    mini.write(path, text.replace("/income/model.joblib", "/income/other.joblib"))
    git(mini.root, "commit", "-q", "-a", "-m", "edited")
    edit("releases/staging/income.yaml", "replicas: 2\n")(mini)
    with pytest.raises(InvalidInput, match="the lock was edited"):
        check_since(mini.root, "HEAD", now=NOW)


def test_an_unknown_commit(mini: Mini) -> None:
    with pytest.raises(UsageError, match="git knows no commit of this name"):
        check_since(mini.root, "--upload-pack=x", now=NOW)


def test_on_the_command_line(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    edit("releases/staging/income.yaml", "replicas: 2\n")(mini)
    assert guarded(["-C", str(mini.root), "check", "--since", "HEAD", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["releases"] == ["staging/income"]


def test_since_and_base_exclude_each_other(mini: Mini) -> None:
    assert guarded(["-C", str(mini.root), "check", "--since", "HEAD", "--base", "HEAD"]) == 2
