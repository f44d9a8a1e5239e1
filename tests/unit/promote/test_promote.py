"""A trial from its beginning to its end, in the files that a person commits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from releasectl.errors import InvalidInput, UsageError
from releasectl.promote import Transition, accept, transition
from releasectl.propose import propose
from releasectl.render import check, render, write
from releasectl.report import promote as report
from tests.builder import CANDIDATE, FEATURES, MODEL, Mini, build, commit_id, environment_yaml, make_lock
from tests.story import Story

PATH = "releases/production/income.yaml"
OTHER = commit_id("model 3")


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    mini = build(tmp_path)
    mini.lock(CANDIDATE)
    write(mini.root, render(mini.load()))
    return mini


def text(mini: Mini) -> str:
    return (mini.root / PATH).read_text()


def strategy(mini: Mini) -> dict[str, Any]:
    (release,) = mini.load().releases_in("production")
    chosen = release.strategy
    share = chosen.mirror if chosen.type == "shadow" else chosen.traffic
    return {"model": release.model, "type": chosen.type, "candidate": chosen.candidate, "share": share}


def state(
    kind: str, share: int | None, model: str = MODEL, candidate: str | None = CANDIDATE
) -> dict[str, Any]:
    return {"model": model, "type": kind, "candidate": candidate, "share": share}


def begin(mini: Mini, kind: str, commit: str = CANDIDATE, features: Any = FEATURES) -> None:
    lock = make_lock(commit, features=features)
    proposal = propose(
        mini.root, environment="production", name="income", lock=lock, owner=None, strategy=kind
    )
    accept(mini.root, proposal)


def step(mini: Mini, verb: Any = "promote") -> Transition:
    repository = mini.load()
    (release,) = repository.releases_in("production")
    found = transition(verb, mini.root, repository, release)
    accept(mini.root, found.proposal)
    check(mini.root, render(mini.load()))
    return found


def test_a_shadow_becomes_a_canary_and_then_the_model(mini: Mini) -> None:
    before = text(mini)
    begin(mini, "shadow")
    states = [strategy(mini)]
    while states[-1]["type"] != "direct":
        step(mini)
        states.append(strategy(mini))
    assert states == [
        state("shadow", 100),
        state("canary", 10),
        state("canary", 25),
        state("canary", 50),
        state("direct", None, CANDIDATE, None),
    ]
    assert text(mini) == before.replace(MODEL, CANDIDATE), "the trial leaves no trace in the file"


def test_an_ab_test_ends_with_its_first_promotion(mini: Mini) -> None:
    begin(mini, "abtest")
    assert strategy(mini) == state("abtest", 50)
    step(mini)
    assert strategy(mini) == state("direct", None, CANDIDATE, None)


def test_the_steps_are_those_of_the_environment(mini: Mini) -> None:
    extra = "promotion:\n  canary_steps: [5, 40]\n"
    mini.write("environments/production/environment.yaml", environment_yaml("production") + extra)
    begin(mini, "canary")
    assert strategy(mini) == state("canary", 5)
    step(mini)
    assert strategy(mini) == state("canary", 40)
    step(mini)
    assert strategy(mini)["type"] == "direct"


def test_a_share_between_two_steps_goes_on_to_the_next(mini: Mini) -> None:
    mini.release(
        "income", "production", extra=f"strategy: {{type: canary, candidate: {CANDIDATE}, traffic: 30}}\n"
    )
    step(mini)
    assert strategy(mini) == state("canary", 50)


@pytest.mark.parametrize("kind", ["shadow", "canary", "abtest"])
def test_abort_takes_back_what_began(mini: Mini, kind: str) -> None:
    before = text(mini)
    begin(mini, kind)
    assert text(mini) != before
    step(mini, "abort")
    assert text(mini) == before


def test_comments_stay(mini: Mini) -> None:
    mini.write(
        PATH,
        f"# for the loan desk\nname: income\nowner: credit-ml  # ask them\nmodel: {MODEL}  # trained\n"
        f"strategy:  # agreed with risk\n  # two weeks\n  type: shadow\n  candidate: {CANDIDATE}  # v3\n"
        "# the rest is default\n",
    )
    for _ in range(4):
        step(mini)
    assert text(mini) == (
        f"# for the loan desk\nname: income\nowner: credit-ml  # ask them\nmodel: {CANDIDATE}  # trained\n"
        "strategy:  # agreed with risk\n  # two weeks\n  type: direct\n# the rest is default\n"
    )


def test_where_the_default_is_no_direct_one_it_is_said(mini: Mini) -> None:
    default = f"  strategy: {{type: shadow, candidate: {OTHER}}}\n"
    mini.lock(OTHER)
    environment = environment_yaml("production").replace("  replicas: 1\n", f"  replicas: 1\n{default}", 1)
    mini.write("environments/production/environment.yaml", environment)
    step(mini, "abort")
    assert strategy(mini) == state("direct", None, candidate=None)


def test_without_a_candidate_there_is_nothing_to_do(mini: Mini) -> None:
    before = text(mini)
    with pytest.raises(InvalidInput, match="has no candidate to promote: its strategy is direct"):
        step(mini)
    with pytest.raises(InvalidInput, match="has no trial to abort: its strategy is direct"):
        step(mini, "abort")
    assert text(mini) == before


def test_a_second_candidate_waits_for_the_end_of_the_first(mini: Mini) -> None:
    begin(mini, "shadow")
    before = text(mini)
    with pytest.raises(InvalidInput, match=rf"the candidate {CANDIDATE} is on trial already \(shadow\)"):
        begin(mini, "shadow", commit=OTHER)
    assert text(mini) == before


def test_the_candidate_cannot_be_released_past_its_trial(mini: Mini) -> None:
    begin(mini, "shadow")
    with pytest.raises(InvalidInput, match="is on trial here as the candidate"):
        begin(mini, "direct")


def test_beginning_again_changes_nothing(mini: Mini) -> None:
    begin(mini, "canary")
    step(mini)
    before = text(mini)
    begin(mini, "canary")
    assert text(mini) == before


def test_a_trial_may_change_its_kind(mini: Mini) -> None:
    begin(mini, "shadow")
    begin(mini, "canary")
    assert strategy(mini) == state("canary", 10)


def test_a_candidate_needs_a_model_beside_it(mini: Mini) -> None:
    with pytest.raises(InvalidInput, match="no model beside which"):
        propose(
            mini.root,
            environment="production",
            name="new",
            lock=make_lock(CANDIDATE),
            owner="credit-ml",
            strategy="shadow",
        )
    with pytest.raises(UsageError, match="no such environment"):
        propose(
            mini.root,
            environment="prod",
            name="new",
            lock=make_lock(CANDIDATE),
            owner=None,
            strategy="shadow",
        )


def test_the_model_is_no_candidate(mini: Mini) -> None:
    with pytest.raises(InvalidInput, match="the candidate is the model itself"):
        begin(mini, "shadow", commit=MODEL)


def test_other_columns_are_refused_with_the_difference(mini: Mini) -> None:
    before = text(mini)
    features: Mapping[str, Any] = {
        **FEATURES,
        "features": [*FEATURES["features"], {"name": "race", "type": "numeric"}],
    }
    with pytest.raises(InvalidInput, match="`race` is read by the candidate only"):
        begin(mini, "shadow", commit=OTHER, features=features)
    assert text(mini) == before
    assert not (mini.root / f"releases/models/{OTHER}.yaml").exists()


def revoke(mini: Mini, commit: str) -> None:
    entry = f"  - commit: {commit}\n    reason: bad labels\n    owner: credit-risk\n    date: 2026-01-05\n"
    mini.write("releases/revoked.yaml", "revoked:\n" + entry)


def test_a_revoked_candidate_is_not_promoted_and_can_be_aborted(
    mini: Mini, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(mini, "shadow")
    revoke(mini, CANDIDATE)
    before = text(mini)
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 10
    assert "REVO-001" in capsys.readouterr().out
    assert text(mini) == before
    assert guarded(["-C", str(mini.root), "abort", "production/income"]) == 0
    assert strategy(mini)["candidate"] is None


def test_the_fault_of_another_release_stops_nothing(mini: Mini) -> None:
    """staging serves what was revoked; production must be able to move on all the same."""
    mini.lock(OTHER)
    mini.release("income", "staging", OTHER)
    begin(mini, "shadow")
    revoke(mini, OTHER)
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 0
    assert strategy(mini) == state("canary", 10)


def test_the_report(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    begin(mini, "shadow")
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 0
    told = capsys.readouterr().out
    for line in (
        "production/income  promote: shadow 100 % → canary 10 %",
        f"    {MODEL[:12]} answers 90 % of the requests",
        f"    {CANDIDATE[:12]} answers 10 %",
        "  +  traffic: 10",
        "no server of the model restarts: only its candidate and the weights change",
        "next: git add -A releases environments && git commit -m 'Promote production/income: canary 10 %'",
    ):
        assert line in told.splitlines()
    assert guarded(["-C", str(mini.root), "promote", "production/income", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["command"], found["ok"], found["strategy"]["new"]["traffic"]) == ("promote", True, 25)
    assert found["written"] == [PATH, "environments/production/rendered/income.yaml"]


def test_a_router_says_that_it_restarts(mini: Mini) -> None:
    mini.release(
        "income", "production", extra=f"strategy: {{type: abtest, candidate: {CANDIDATE}, router: true}}\n"
    )
    assert report.restarts(step(mini, "abort")).startswith("the router is part of what Seldon restarts")


def test_the_command_line(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 3
    assert "put one on trial" in capsys.readouterr().err
    assert guarded(["-C", str(mini.root), "abort", "production/loans"]) == 2
    assert (
        guarded(["release", "income", "--env", "production", "--commit", "latest", "--strategy", "blue"]) == 2
    )
    assert "'blue' is not one of abtest, canary, direct, shadow" in capsys.readouterr().err


def test_a_trial_begins_on_the_command_line(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    story = Story(tmp_path_factory.mktemp("story"))
    story.released("one")
    story.train("two")
    monkeypatch.setattr(Workspace, "cluster", lambda *_: story.cluster.ports)
    command = ["-C", str(story.root), "release", "income", "--env", "production", "--commit", "latest"]
    assert guarded([*command, "--strategy", "canary"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    one, two = (commit_id(name)[:12] for name in ("one", "two"))
    assert told.startswith("production/income canary, explainer anchor-tabular")
    assert f"candidate beside the model {one} → {two}" in told
    (release,) = story.load().releases_in("production")
    assert (release.model[:12], release.strategy.candidate, release.strategy.traffic) == (
        one,
        commit_id("two"),
        10,
    )
    assert guarded([*command, "--strategy", "canary", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["candidate"] == commit_id("two")
