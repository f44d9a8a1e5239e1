"""The hook does what `render` and `check` do together, and reads only what changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from releasectl import checking
from releasectl.cli.main import guarded
from releasectl.load import load
from releasectl.precommit import prepare
from releasectl.render import check, render
from tests.unit.github.clones import change, commit, git

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def current(root: Path) -> None:
    check(root, render(load(root, now=NOW)))


def test_nothing_changed(clone: Path) -> None:
    changed, found = prepare(clone, now=NOW)
    assert (changed, found.releases, found.findings) == ((), (), ())


def test_a_changed_release(clone: Path) -> None:
    file = clone / "releases/staging/income.yaml"
    file.write_text(f"{file.read_text()}replicas: 3\n")
    changed, found = prepare(clone, now=NOW)
    assert changed == ("environments/staging/rendered/income.yaml",)
    assert found.releases == ("staging/income",)
    assert found.findings == checking.check_since(clone, "HEAD", now=NOW).findings
    current(clone)
    assert prepare(clone, now=NOW)[0] == ()


def test_a_release_that_is_gone_takes_its_manifests_along(clone: Path) -> None:
    (clone / "releases/production/income.yaml").unlink()
    changed, _ = prepare(clone, now=NOW)
    assert "environments/production/rendered/income.yaml" in changed
    current(clone)


@pytest.mark.parametrize("name", ["income.yaml", "income.detectors.yaml"])
def test_a_manifest_that_somebody_edited_becomes_what_the_files_say(clone: Path, name: str) -> None:
    file = clone / "environments/production/rendered" / name
    before = file.read_text()
    file.write_text(f"{before}# by hand\n")
    changed, found = prepare(clone, now=NOW)
    assert (changed, found.releases) == (
        (f"environments/production/rendered/{name}",),
        ("production/income",),
    )
    assert file.read_text() == before


def test_a_changed_environment_changes_its_releases(clone: Path) -> None:
    file = clone / "environments/production/environment.yaml"
    file.write_text(file.read_text().replace("replicas: 1", "replicas: 2"))
    changed, found = prepare(clone, now=NOW)
    assert changed == ("environments/production/rendered/income.yaml",)
    assert found.releases == ("production/income", "staging/income")  # no two may serve in one place
    current(clone)


def test_the_command_fails_as_check_does(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(clone, replicas=2)
    commit(clone, "sound")
    (clone / "releases/staging/income.yaml").write_text("name: [\n")
    assert guarded(["-C", str(clone), "precommit"]) == 3
    assert "releases/staging/income.yaml:" in capsys.readouterr().err
    git(clone, "checkout", "-q", "--", ".")
    assert guarded(["-C", str(clone), "precommit"]) == 0


def test_what_is_rendered_is_told_beside_the_document(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clone / "environments/staging/rendered/gone.yaml").write_text("gone: true\n")
    assert guarded(["-C", str(clone), "precommit", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["ok"]
    assert "environments/staging/rendered/gone.yaml" in err


def test_what_was_said_of_a_model_before_is_one_line(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = clone / "environments/staging/policy.yaml"
    policy.write_text(policy.read_text().replace("  DUP-001: off\n", "") + "  DUP-001: warn\n")
    assert guarded(["-C", str(clone), "precommit"]) == 0
    assert "as before" not in capsys.readouterr().out, "that the rule warns is new"
    assert guarded(["-C", str(clone), "render"]) == 0
    commit(clone, "DUP-001 warns")
    change(clone)
    capsys.readouterr()
    assert guarded(["-C", str(clone), "precommit"]) == 0
    told = capsys.readouterr().out
    assert "1 finding as before, of a model named here already: DUP-001" in told
    assert told.count("DUP-001") == 1
