"""What proves that a way back is safe, or keeps that from being known."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from releasectl.ports import Cluster
from releasectl.report import revert as report
from releasectl.revert import Verdict, prove
from tests.builder import commit_id
from tests.story import Silent, Story
from tests.unit.revert.proofs import ONE, proof

LOST: dict[str, tuple[Callable[[Story], Any], str]] = {
    "the commit": (
        lambda story: story.cluster.data.states.pop(("copy_models", ONE)),
        f"Pachyderm has no commit {ONE} in copy_models",
    ),
    "a file": (
        lambda story: story.cluster.data.contents["copy_models", ONE].pop("/income/model.joblib"),
        "/income/model.joblib is in the lock and not in Pachyderm's commit",
    ),
    "what a file held": (
        lambda story: story.cluster.data.contents["copy_models", ONE].update(
            {"/income/model.joblib": b"MODEL.joblib of one"}
        ),
        "/income/model.joblib has sha256",
    ),
}


@pytest.mark.parametrize("what", LOST)
def test_what_pachyderm_lost_is_missed(story: Story, what: str) -> None:
    story.released("one")
    story.released("two")
    lose, message = LOST[what]
    lose(story)
    found = proof(story)
    assert found.verdict is Verdict.UNSAFE
    assert found.reasons[0].what.startswith(message)


def test_what_cannot_be_asked_is_not_proven(story: Story) -> None:
    story.released("one")
    story.released("two")
    silent: Any = Silent()
    found = prove(
        story.root, "HEAD", lambda _: Cluster(silent, silent, silent), now=story.cluster.clock.now()
    )
    assert found.verdict is Verdict.UNPROVEN
    assert [problem.what for problem in found.unseen] == ["no answer"]
    assert "not everything could be looked at" in report.as_text(found)


def test_policy_of_today_judges_the_state_of_yesterday(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    from policies import request_log
    from releasectl.policy import Breach

    story.released("one")
    story.released("two")

    def judge(case: Any, **_: Any) -> Any:
        if case.release.model == ONE:
            yield Breach("/model", "is too old", "release a newer one")

    monkeypatch.setattr(request_log, "judge", judge)
    found = proof(story)
    assert found.verdict is Verdict.UNSAFE
    (reason,) = found.reasons
    assert re.fullmatch(r"LOG-001: is too old \(fingerprint [0-9a-f]{16}\)", reason.what)


def test_training_data_that_stays_behind_is_named(story: Story) -> None:
    """Reverting the release alone leaves the vendor's data where it trains."""
    story.released("one")
    story.train("two")
    story.release("two")
    dataset = commit_id("dataset of two")
    story.commit("Release two")
    text = f"repo: income_data\nbranch: master\ncommit: {dataset}\n"
    story.mini.write("pipelines/income/training.yaml", text)
    story.commit("Train on it, too")
    told = f"still names income_data@{dataset[:12]}, which made the model"
    assert any(told in note for note in proof(story, "HEAD~1").notes)
    story.release("two", "staging")
    story.commit("Release two to staging, too")
    assert not any(told in note for note in proof(story, "HEAD~2").notes)  # there it goes on
