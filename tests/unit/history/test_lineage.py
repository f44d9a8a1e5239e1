"""From the commit that an answer names to its data, whether or not it still serves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from tests.builder import commit_id
from tests.story import Story


@pytest.fixture
def ask(story: Story, capsys: pytest.CaptureFixture[str]) -> Any:
    """ask(COMMIT) -> (exit code, what was told)."""

    def asked(commit: str, *options: str) -> tuple[int, str]:
        code = guarded(["-C", str(story.root), "lineage", commit, *options])
        return code, " ".join("".join(capsys.readouterr()).split())

    return asked


def pachyderm(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workspace, "data", lambda *_: story.cluster.ports.data)


def test_by_a_lock_without_a_cluster(story: Story, ask: Any) -> None:
    story.released("one")
    one, dataset = commit_id("one"), commit_id("dataset of one")
    for reference in (one, one[:8], f"copy_models@{one}"):
        code, told = ask(reference)
        assert (code, dataset in told, f"by releases/models/{one}.yaml" in told) == (0, True, True)
    code, told = ask(one, "--format", "json")
    found = json.loads(told)
    assert (code, found["commit"]) == (0, one)
    assert dataset in json.dumps(found["upstreams"])


def test_by_a_lock_that_git_remembers(story: Story, ask: Any) -> None:
    story.released("one")
    one = commit_id("one")
    for path in story.root.glob("releases/*/*.yaml"):
        path.unlink()
    story.commit("Nothing is released any more")
    code, told = ask(one)
    assert (code, commit_id("dataset of one") in told, "as git remembers it" in told) == (0, True, True)


def test_by_pachyderm_of_a_model_that_was_never_released(
    story: Story, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pachyderm(story, monkeypatch)
    two = story.train("two")
    for reference in (two, two[:12]):
        code, told = ask(reference)
        assert (code, commit_id("dataset of two") in told, "by Pachyderm" in told) == (0, True, True)


def test_what_nobody_knows(story: Story, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pachyderm(story, monkeypatch)
    story.train("two")
    code, told = ask("deadbeef")
    assert (code, "no lock, and no commit of copy_models in Pachyderm, is called so" in told) == (2, True)
