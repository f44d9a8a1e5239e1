"""A review tells of what is committed, whatever else lies in the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl.cli.main import guarded
from releasectl.errors import PolicyDenied
from tests.unit.github.clones import change, commit, git


def test_what_is_not_committed_is_not_reviewed(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told() -> str:
        capsys.readouterr()
        command = ["-C", str(clone), "review", "--base", "origin/main", "--format", "json"]
        assert guarded(command) == PolicyDenied.exit_code  # there is no engine in this repository to judge it
        return capsys.readouterr().out

    git(clone, "switch", "-q", "-c", "work")
    change(clone)
    commit(clone, "work")
    before = told()
    assert "releases/staging/income.yaml" in before
    release = clone / "releases/staging/income.yaml"
    release.write_text(release.read_text().replace("replicas: 2", "replicas: 3"))
    (clone / "releases" / "lifecycle.lock").touch()
    (clone / "releases/staging/broken.yaml").write_text("name: [\n")
    assert told() == before
