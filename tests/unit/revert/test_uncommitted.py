"""What no commit says is planned and applied all the same, and not without a word."""

from __future__ import annotations

import json

import pytest

from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from tests.story import Story

SAID = "! the tree has uncommitted changes: 1 file (generators/NEWS.md)"


def test_plan_and_apply_warn_of_what_is_not_committed(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Workspace, "cluster", lambda *_: story.cluster.ports)
    story.released("one")
    story.apply()
    story.mini.write("notes.txt", "no part of an apply")

    def told(*words: str) -> tuple[str, str]:
        assert guarded(["-C", str(story.root), *words]) == 0
        out, err = capsys.readouterr()
        return out, err

    for command in ("plan", "apply"):
        assert "uncommitted" not in "".join(told(command, "production"))
    story.mini.write("generators/NEWS.md", "")
    assert SAID in told("plan", "production")[0]
    out, err = told("apply", "production")
    assert (out.count(SAID), err.count(SAID)) == (0, 1)
    for command in ("plan", "apply"):
        found = json.loads(told(command, "production", "--format", "json")[0])
        assert found["uncommitted"] == ["generators/NEWS.md"]


def test_a_generated_file_that_was_edited_is_told_and_counts_for_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Workspace, "cluster", lambda *_: story.cluster.ports)
    story.released("one")
    story.apply()
    path = "environments/production/rendered/income.yaml"
    story.mini.write(path, "a: [broken\n")
    for command in ("plan", "apply"):
        assert guarded(["-C", str(story.root), command, "production"]) == 0
        out, err = capsys.readouterr()
        assert "nothing to do" in out
        assert f"a generated file is not what the files say: `releasectl render` ({path})" in err
        assert guarded(["-C", str(story.root), command, "staging"]) == 0
        assert "`releasectl render`" not in capsys.readouterr().err
