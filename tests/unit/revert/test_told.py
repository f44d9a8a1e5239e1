"""How a proof is told: report, command line, and words that are not its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from releasectl.ports import Cluster
from releasectl.report import revert as report
from tests.story import ADA, BOB, Silent, Story
from tests.unit.revert.proofs import ONE, TWO, obey, proof, revoke, with_replicas


def test_the_report(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    story.released("one")
    story.apply()
    second = story.released("two")
    story.apply()
    lines = click.unstyle(report.as_text(proof(story))).splitlines()
    assert lines[0].startswith(f"{second[:12]} Release two to production  {ADA}, 2026-01-02 ")
    assert lines[1:5] == [
        "✓ safe to revert",
        "",
        "what serves",
        f"  production/income  {TWO[:12]}  →  {ONE[:12]}  manifest as before, byte for byte",
    ]
    assert "what `apply production` would do" in lines
    assert f"  $ git revert --no-edit {second[:12]}" in lines
    told = json.loads(report.as_json(proof(story)))
    assert (told["ok"], told["verdict"], told["commands"][0]) == (True, "safe", lines[-2].strip()[2:])


def test_the_command_line(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    story.released("one")
    second = story.released("two")
    monkeypatch.setattr(Workspace, "cluster", lambda *_: story.cluster.ports)
    patch = tmp_path.parent / f"{tmp_path.name}.patch"
    assert guarded(["-C", str(story.root), "prove-revert", "--patch", str(patch)]) == 0
    out, err = capsys.readouterr()
    assert ("✓ safe to revert" in out, err) == (True, f"wrote {patch}\n")
    nowhere = tmp_path / "nowhere" / "it.patch"
    assert guarded(["-C", str(story.root), "prove-revert", "--patch", str(nowhere)]) == 2
    assert not nowhere.parent.exists()
    capsys.readouterr()
    assert f"-model: {TWO}" in patch.read_text()
    assert guarded(["-C", str(story.root), "prove-revert", "nonsense", "--format", "json"]) == 2
    assert json.loads(capsys.readouterr().out)["problems"][0]["where"] == "nonsense"
    revoke(story, ONE)
    assert guarded(["-C", str(story.root), "prove-revert", second]) == 10
    silent: Any = Silent()
    monkeypatch.setattr(Workspace, "cluster", lambda *_: Cluster(silent, silent, silent))
    story.mini.write("releases/revoked.yaml", "revoked: []\n")
    story.commit("A mistake")
    assert guarded(["-C", str(story.root), "prove-revert", second]) == 4


@pytest.mark.parametrize("author", [ADA, BOB])
def test_odd_words_in_a_commit_stay_words(story: Story, author: str) -> None:
    """A subject travels into a command that people paste."""
    story.released("one")
    story.train("two")
    story.release("two")
    second = story.commit('it\'s $(touch owned) "two" `x`; rm -rf / \x1b[31m', author)
    with_replicas(story, 2)
    found = proof(story, second)
    obey(story, found)
    assert not (story.root / "owned").exists()
