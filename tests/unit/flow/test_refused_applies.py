"""What stops an apply, what it waits for, and how the next one goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releasectl.clock import Patience
from releasectl.errors import InvalidInput, PlatformRefused
from releasectl.ledger import history
from releasectl.plan import plan
from releasectl.plan.values import Verb
from tests.unit.flow.applies import MODEL_1, MODEL_2, ONE, TWO, applied, forged, reapply, replan
from tests.unit.flow.world import FEATURES, Wish, world_with_models


def test_a_failed_detector_stops_the_apply_and_is_made_anew_only_when_asked() -> None:
    world, _, _ = applied(ONE)
    world.cluster.serving.broken_detectors["income-drift"] = "no such bucket"
    with pytest.raises(PlatformRefused) as caught:
        reapply(world, ONE)
    assert str(caught.value.problems[0]).startswith("drift detector income-drift: Failed: no such bucket")
    assert world.cluster.writes == []
    assert replan(world, ONE).changes[0].verb == Verb.FAILED
    assert replan(world, ONE, retry=True).changes[0].verb == Verb.REPLACE
    world.cluster.serving.broken_detectors.clear()
    assert replan(world, ONE).empty


def test_all_differences_between_a_lock_and_pachyderm_are_listed() -> None:
    world, repository, rendered = applied(ONE)
    contents = world.cluster.data.contents["copy_models", MODEL_1]
    contents["/income/model.joblib"] = b"forged weights"
    contents["/income/extra"] = b""
    del contents["/income/schema.json"]
    with pytest.raises(InvalidInput) as caught:
        world.apply("production", repository, rendered)
    said = [problem.what for problem in caught.value.problems]
    assert len(said) == 3
    assert "/income/model.joblib has 14 bytes in Pachyderm" in said[0]
    assert "/income/schema.json is in the lock and not" in said[1]
    assert "/income/extra is in Pachyderm's commit and not" in said[2]
    assert world.cluster.writes == []


def test_a_lock_with_another_lineage_is_refused() -> None:
    world, repository, rendered = applied(ONE)
    key = "copy_models", MODEL_1
    world.cluster.data.ancestry[key] = world.cluster.data.ancestry[key][1:]
    with pytest.raises(InvalidInput) as caught:
        world.apply("production", repository, rendered)
    assert "is in the lock's lineage and not in Pachyderm's" in caught.value.problems[0].what


@pytest.mark.parametrize(
    ("changes", "pointer", "what"),
    [
        (
            {"evidence": {"metrics": {"accuracy": 0.8, "roc_auc": 0.9, "calibration": {"slope": 1.0}}}},
            "/evidence/metrics/calibration/slope",
            "evidence/metrics.json calibration/slope: the lock says 1.0, Pachyderm's file 0.57",
        ),
        (
            {"evidence": {"card": {"name": "income", "owner": "me"}}},
            "/evidence/card/owner",
            'evidence/card.yaml owner: the lock says "me", Pachyderm\'s file nothing',
        ),
        (
            {"evidence": {"placements": {"rows": 3}}},
            "/evidence/placements",
            'evidence/placements.json: the lock says {"rows": 3}, Pachyderm\'s file nothing',
        ),
        (
            {"features": {**FEATURES, "label": {"name": "income", "classes": ["yes", "no"]}}},
            "/features/label/classes/0",
            'schema.json label/classes/0: the lock says "yes", Pachyderm\'s file "no"',
        ),
        ({"branch": "other"}, "/branch", f"commit {MODEL_1} is one of branch master, the lock says other"),
    ],
)
def test_a_lock_that_says_more_than_its_commit_is_refused(changes, pointer: str, what: str) -> None:
    world, repository, rendered = applied(ONE)
    lock = forged(repository.locks[MODEL_1], **changes)
    with pytest.raises(InvalidInput) as caught:
        world.apply("production", replace(repository, locks={MODEL_1: lock}), rendered)
    problem = caught.value.problems[0]
    assert (problem.where, problem.what) == (str(lock.source.place(pointer)), what)
    assert world.cluster.writes == []


def test_a_model_that_failed_or_is_gone_is_refused() -> None:
    world, repository, rendered = applied(ONE)
    key = "copy_models", MODEL_1
    good = world.cluster.data.states[key]
    for state, words in (
        (replace(good, error="datum failed"), "failed: datum failed"),
        (replace(good, finished=False), "is not finished"),
        (None, "has no commit"),
    ):
        if state is None:
            del world.cluster.data.states[key]
        else:
            world.cluster.data.states[key] = state
        with pytest.raises(InvalidInput) as caught:
            plan("production", repository, rendered, world.cluster.ports)
        assert words in caught.value.problems[0].what


def test_a_failed_deployment_stops_the_apply_and_keeps_the_rest() -> None:
    world, _, _ = applied(ONE)
    world.cluster.serving.failing[MODEL_2] = "CrashLoopBackOff"
    with pytest.raises(PlatformRefused) as caught:
        reapply(world, TWO)
    assert "failed: CrashLoopBackOff" in caught.value.problems[0].what
    # A model and its detectors are asked for together: they go live together.
    assert world.cluster.writes[0] == "update creditco-production/income"
    assert all(write.partition(" ")[2].startswith("detector ") for write in world.cluster.writes[1:])
    assert world.cluster.data.heads["copy_models"]["production"] == MODEL_1
    found = replan(world, TWO)
    assert found.changes[0].verb == Verb.FAILED
    assert not found.steps[0].writes
    assert replan(world, TWO, retry=True).changes[0].verb == Verb.RESTART
    del world.cluster.serving.failing[MODEL_2]
    reapply(world, TWO)
    assert replan(world, TWO).empty


def test_a_stale_status_is_not_believed() -> None:
    world, _, _ = applied(ONE)
    before = world.clock.slept
    reapply(world, TWO)
    assert world.clock.slept - before >= world.cluster.serving.stale + world.cluster.serving.creating


def test_a_change_that_restarts_nothing_needs_only_the_settling_time() -> None:
    world, _, _ = applied(ONE)
    world.cluster.serving.before["creditco-production", "income"] = ("Available", True, "")
    world.cluster.serving.stale = 10.0**6
    before = world.clock.slept
    reapply(world, {"production": {"income": Wish(replicas=3)}})
    assert 2.0 <= world.clock.slept - before < 3.0


def test_the_time_limit_is_clear_and_the_next_apply_goes_on() -> None:
    world = world_with_models("model 1")
    world.cluster.serving.stale, world.cluster.serving.creating = 0, 60
    with pytest.raises(PlatformRefused) as caught:
        reapply(world, ONE, patience=Patience(limit=5))
    assert "Creating when the time limit of 5 s was over" in caught.value.problems[0].what
    found = replan(world, ONE)
    assert found.changes[0].verb == Verb.WAIT
    reapply(world, ONE)
    assert world.cluster.serving.writes.count("create creditco-production/income") == 1
    assert replan(world, ONE).empty


def test_an_apply_that_fails_without_a_write_is_recorded_and_no_pause_is_announced() -> None:
    world, _, _ = applied(ONE)
    world.cluster.serving.broken_detectors["income-drift"] = "no such bucket"
    before = len(history(world.cluster.data, "production"))
    for count in (1, 2):
        world.clock.sleep(60)
        slept = world.clock.slept
        with pytest.raises(PlatformRefused):
            reapply(world, ONE)
        assert world.clock.slept == slept
        records = history(world.cluster.data, "production")
        assert len(records) == before + count
        assert records[0].result == "failed"
        assert "no such bucket" in records[0].problems[0]["what"]
    assert not any("earlier apply" in line for line in world.lines)


def test_a_model_that_is_refused_leaves_the_old_one_its_detectors(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _, _ = applied(ONE)

    def refuse(*_: object) -> None:
        raise PlatformRefused.at("creditco-production/income", "admission webhook denied", "mend it")

    monkeypatch.setattr(world.cluster.serving, "update", refuse)
    with pytest.raises(PlatformRefused, match="admission webhook denied"):
        reapply(world, TWO)
    assert world.cluster.writes == []
