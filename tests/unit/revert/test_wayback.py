"""What the summaries of `plan` and `release` say of the way back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from releasectl.report import revert as report
from releasectl.report.console import text
from releasectl.report.revert import way_back
from releasectl.revert import Verdict
from releasectl.revert.wayback import WayBack, of_release, of_target
from tests.builder import commit_id
from tests.story import Story
from tests.unit.revert.proofs import proof

ONE, TWO = commit_id("one"), commit_id("two")


def of_plan(story: Story) -> WayBack:
    return of_target(story.root, "production", lambda _: story.cluster.ports, now=story.cluster.clock.now())


def of_files(story: Story) -> WayBack:
    return of_release(
        story.root, "production", "income", lambda _: story.cluster.ports, now=story.cluster.clock.now()
    )


def test_of_a_plan(story: Story) -> None:
    assert of_plan(story).to == "nothing serves"
    first = story.released("one")
    assert of_plan(story) == WayBack(
        Verdict.SAFE, f"reverting {first[:12]} (Release one to production)", "production/income removed"
    )
    second = story.released("two")
    story.released("two", "staging")
    assert of_plan(story) == WayBack(
        Verdict.SAFE, f"reverting {second[:12]} (Release two to production)", f"production/income {ONE[:12]}"
    )
    story.cluster.data.states.pop(("copy_models", ONE))
    back = of_plan(story)
    assert back.verdict is Verdict.UNSAFE
    assert back.problems[0].what == f"Pachyderm has no commit {ONE} in copy_models"
    assert click.unstyle(text(way_back(back))).startswith("✗ no safe way back: reverting")


def test_of_files_that_are_not_committed(story: Story) -> None:
    story.train("one")
    story.release("one")
    assert of_files(story).to == "production/income removed: it is new"
    head = story.commit("Release one")
    story.train("two")
    story.release("two")
    expected = WayBack(
        Verdict.SAFE,
        f"reverting the commit that is to come, back to {head[:12]} (Release one)",
        f"production/income {ONE[:12]}",
    )
    assert of_files(story) == of_plan(story) == expected
    story.cluster.data.contents["copy_models", ONE].clear()
    assert of_files(story).verdict is Verdict.UNSAFE


def test_a_trial_that_the_way_back_leads_into(story: Story) -> None:
    """The last promotion taken back leaves the model where the trial had it: that is said aloud."""
    story.released("one")
    story.released("two", strategy="canary")
    for _ in range(2):
        story.step("promote")
    assert [each.what for each in of_plan(story).remains] == [
        f"the candidate that you take back, {TWO[:12]}, would still answer 25 % of the requests"
    ]
    promoted = story.step("promote")
    found = proof(story, promoted)
    told = click.unstyle(report.as_text(found))
    assert "the model that you take back" in told.split("what serves")[0]
    assert "`releasectl abort production/income`" in told.split("what serves")[0]
    assert found.verdict is Verdict.SAFE
    assert found.remains == of_plan(story).remains
    story.revert(promoted)
    assert of_plan(story).remains == (), "this way back leads to the model"
    story.git("checkout", "-q", "HEAD~1", "--", ".")
    assert of_plan(story).remains == of_files(story).remains == found.remains, "not committed yet"
    story.git("reset", "-q", "--hard")
    story.step("abort")
    assert story.load().releases_in("production")[0].strategy.candidate is None


def test_outside_git(tmp_path: Path, story: Story) -> None:
    (story.root / ".git").rename(tmp_path.parent / f"{tmp_path.name}.git")
    assert of_files(story).verdict is of_plan(story).verdict is Verdict.UNPROVEN


def test_the_command_line(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Workspace, "cluster", lambda *_: story.cluster.ports)
    monkeypatch.setattr(Workspace, "data", lambda *_: story.cluster.ports.data)
    command = ["-C", str(story.root)]
    story.released("one")
    story.apply()
    story.train("two")
    arguments: list[Any] = ["release", "income", "--env", "production", "--commit", TWO]
    assert guarded([*command, *arguments]) == 0
    assert "✓ way back: reverting the commit that is to come, back to" in capsys.readouterr().out
    second = story.commit("Release two")
    assert guarded([*command, "plan", "production"]) == 0
    assert f"✓ way back: reverting {second[:12]} (Release two)" in capsys.readouterr().out
    assert guarded([*command, "plan", "production", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["way_back"]["verdict"] == "safe"
    story.apply()
    assert guarded([*command, "plan", "production"]) == 0
    clean = capsys.readouterr().out
    assert "way back" not in clean
    assert "uncommitted" not in clean
    assert (
        guarded([*command, "release", "income", "--env", "production", "--commit", ONE, "--format", "json"])
        == 0
    )
    assert json.loads(capsys.readouterr().out)["way_back"]["to"] == f"production/income {TWO[:12]}"
