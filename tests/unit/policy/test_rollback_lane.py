"""The rollback lane: what served may come back at once, whatever has been asked since; what fell may not."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releasectl.judge import Judgement, assess, circumstances
from releasectl.model import Strategy
from releasectl.policy import Stage
from releasectl.render import render
from releasectl.rollbacklane import back_since
from tests.builder import LENIENT, MODEL, Mini, build, commit_id

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
NEWER = commit_id("a newer model")
THIRD = commit_id("a third model")
POLICY = LENIENT.replace("DUP-001: off", "DUP-001: deny")  # no model of these tests has evidence for it


# What is tried beside model x.
TRIALS = {
    "S": Strategy("shadow", candidate="a", mirror=100),
    "T": Strategy("shadow", candidate="b", mirror=100),
    "A": Strategy("canary", candidate="a", traffic=10),
    "B": Strategy("canary", candidate="a", traffic=50),
    "C": Strategy("canary", candidate="a", traffic=5),
    "M": Strategy("abtest", candidate="b", traffic=99),
    "N": Strategy("canary", candidate="a", traffic=99),
}


def timeline(states: str) -> list[Stage]:
    """One stage per hour: `a` is model a alone, a capital letter is a trial beside model x."""
    return [
        Stage(START + timedelta(hours=hour), "x" if state in TRIALS else state, TRIALS.get(state, Strategy()))
        for hour, state in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("states", "back"),
    [
        ("", None),
        ("a", None),
        ("ab", None),
        ("aba", 2),  # the rollback
        ("abaa", 2),  # and something else in the file since
        ("abab", None),  # the revert of the revert
        ("ababa", None),  # back once more from what it was back from before
        ("abacaba", None),
        ("abaca", 4),  # from a third model
        ("abcb", 3),
        ("abca", 3),  # two releases back
        ("abac", None),  # a third model after the rollback
        ("xAx", 2),  # a trial was taken back
        ("xAxA", None),
        ("xABA", 3),  # a step of a canary was taken back
        ("xABABA", None),
        ("abaxSa", 5),
        ("abaBa", 4),  # x is a third model, whatever is tried beside it
        ("abxbxSb", None),
        ("xABxA", None),  # a trial was taken back, its first step is none that may be gone on with
        ("xABxB", None),
        ("abcab", None),  # the rollback went past it
        ("xSTA", None),  # a shadow answered nobody: its candidate has not served
        ("xSTB", None),
        ("xSAB", None),  # nor has a canary of ten per cent served half of the people
        ("xaSa", None),  # the rollback began a trial as well
        ("xaBa", None),  # or made a candidate again of what had served alone
        ("xaBA", None),
        ("xATA", None),  # one trial was broken off for another
        ("xABCB", None),  # a step of a canary was taken back, though to a share that never was
        ("xABaB", 4),  # the promotion was taken back, into the trial
        ("xABaTa", None),  # into another one
        ("abNb", None),  # its rival came back as the candidate that nearly everybody was answered by
        ("Nbab", None),  # or had been that
        ("abTb", 3),  # a shadow answers nobody, and x is a third model
        ("Abab", 3),  # a trial of ten per cent is no past
        ("aMa", 2),
        ("abaMa", None),  # nor is x a third model while b gives the answers
        ("BxB", None),  # the first of all was a trial, which was taken back
        ("ABxB", None),
        ("SxS", None),
        ("NTN", None),
        ("BaB", 2),  # its promotion was taken back
        ("ABA", 2),
        ("xAxAax", 5),  # from a model of which the first trial was taken back early
        ("STaTaS", None),  # two models in turn, a trial of one of them each time another
    ],
)
def test_a_state_is_back_when_a_later_one_had_replaced_it(states: str, back: int | None) -> None:
    expected = None if back is None else START + timedelta(hours=back)
    assert back_since(timeline(states)) == expected


@given(st.text("abcxAB", max_size=12))
def test_no_first_appearance_and_no_repeated_revert_is_a_way_back(states: str) -> None:
    """Whatever is back stood before, and what stood after it then was new at that time or later."""
    back = back_since(timeline(states))
    if back is not None:
        assert states[-1] in states[: int((back - START) / timedelta(hours=1))]
    if states and states[-1] not in states[:-1]:
        assert back is None


IN_TURN = st.text("bcd", min_size=2, max_size=10).filter(lambda models: not re.search(r"(.)\1", models))


@given(IN_TURN, st.data())
def test_no_trial_that_is_begun_besides_opens_the_lane(models: str, data: st.DataObject) -> None:
    """What is closed to a model that served alone stays closed, whatever ran beside it or the others."""
    plain = timeline(models)
    begun = data.draw(st.sets(st.integers(0, len(models) - 2)))
    tried = [
        replace(stage, strategy=TRIALS["S"] if number in begun else Strategy())
        for number, stage in enumerate(plain)
    ]
    if back_since(plain) is None:
        assert back_since(tried) is None


@given(IN_TURN, st.data())
def test_no_rival_that_answers_as_a_candidate_opens_the_lane(models: str, data: st.DataObject) -> None:
    """What is closed while others serve alone stays closed if a new model leaves them nearly all traffic."""
    plain = timeline(models)
    rivals = [number for number, model in enumerate(models) if model != models[-1]]
    hidden = data.draw(st.sets(st.sampled_from(rivals))) if rivals else set()
    tried = [
        replace(stage, model=f"new{number}", strategy=replace(TRIALS["N"], candidate=stage.model))
        if number in hidden
        else stage
        for number, stage in enumerate(plain)
    ]
    if back_since(plain) is None:
        assert back_since(tried) is None


@given(st.lists(st.lists(st.sampled_from([5, 10, 25, 49]), max_size=2), min_size=1, max_size=4), st.data())
def test_the_way_back_is_open_from_what_came_step_by_step(
    steps: list[list[int]], data: st.DataObject
) -> None:
    """However often the steps were begun anew: each model replaces the one before, and the last one falls."""
    states = [("m0", Strategy())]
    for number, shares in enumerate(steps):
        old, new = f"m{number}", f"m{number + 1}"
        for again in range(data.draw(st.integers(1, 2))):
            states += [(old, Strategy())] if again else []
            states += [(old, Strategy("shadow", candidate=new, mirror=100))]
            states += [(old, Strategy("canary", candidate=new, traffic=share)) for share in sorted(shares)]
        states += [(old, Strategy("canary", candidate=new, traffic=90)), (new, Strategy())]
    states.append((f"m{len(steps) - 1}", Strategy()))
    at = [START + timedelta(hours=hour) for hour in range(len(states))]
    assert back_since([Stage(*each) for each in zip(at, *zip(*states, strict=True), strict=True)]) == at[-1]


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    found = build(tmp_path)
    found.lock(NEWER)
    found.lock(THIRD)
    found.write("environments/production/policy.yaml", POLICY)
    git(tmp_path, "init", "-q")
    return found


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-C", str(root), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run([*command, *arguments], check=True, capture_output=True)


def released(mini: Mini, *models: str, extra: str = "") -> None:
    for model in models:
        mini.release("income", "production", model, extra)
        git(mini.root, "add", "-A")
        git(mini.root, "commit", "-q", "-m", "a release")


def judged(mini: Mini, hours: float = 0) -> Judgement:
    repository = mini.load()
    now = datetime.now(UTC) + timedelta(hours=hours)
    return assess(repository, render(repository), circumstances(mini.root, now))


def found(judgement: Judgement, rule: str = "DUP-001") -> set[str]:
    return {str(each.strictness) for each in judgement.findings if each.rule == rule}


def test_the_model_that_is_back_is_advised_against_and_its_owner_told(mini: Mini) -> None:
    released(mini, MODEL, NEWER)
    assert found(judged(mini)) == {"deny"}
    released(mini, MODEL)
    judgement = judged(mini)
    assert found(judgement) == {"advise"}
    (notice,) = judgement.notices
    assert "is back at an earlier model, denied from" in notice.what
    assert "DUP-001" in notice.what


@pytest.mark.parametrize(
    ("models", "hours", "policy"),
    [
        pytest.param((MODEL, NEWER, MODEL), 73, POLICY, id="three days later"),
        pytest.param((MODEL, NEWER, MODEL, NEWER), 0, POLICY, id="the revert of the revert"),
        pytest.param((MODEL, NEWER, MODEL, NEWER, MODEL), 0, POLICY, id="back once more"),
        pytest.param((MODEL, NEWER), 0, POLICY, id="a new model"),
        pytest.param((MODEL, NEWER, MODEL), 0, f"rollback_hours: 0\n{POLICY}", id="an environment without"),
    ],
)
def test_the_lane_is_closed(models: tuple[str, ...], hours: float, policy: str, mini: Mini) -> None:
    mini.write("environments/production/policy.yaml", policy)
    released(mini, *models)
    judgement = judged(mini, hours)
    assert found(judgement) == {"deny"}
    assert judgement.notices == ()


def test_what_was_rolled_back_from_does_not_come_back_though_the_rollback_began_a_trial(mini: Mini) -> None:
    released(mini, MODEL, NEWER)
    released(mini, MODEL, extra=f"strategy: {{type: shadow, candidate: {THIRD}}}\n")
    released(mini, NEWER)
    judgement = judged(mini)
    assert found(judgement) == {"deny"}
    assert judgement.notices == ()


def test_a_date_of_years_to_come_does_not_keep_the_lane_open(
    mini: Mini, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(mini, MODEL, NEWER)
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{datetime.now(UTC) + timedelta(days=900):%Y-%m-%dT%H:%M:%SZ}")
    released(mini, MODEL)
    assert found(judged(mini)) == {"deny"}


def test_a_model_that_is_not_committed_yet_may_come_back_as_well(mini: Mini) -> None:
    released(mini, MODEL, NEWER)
    mini.release("income", "production", MODEL)
    assert found(judged(mini)) == {"advise"}


def test_what_is_revoked_does_not_come_back(mini: Mini) -> None:
    entry = f"{{commit: {MODEL}, reason: decides by gender, owner: credit-risk, date: 2026-11-23}}"
    mini.write("releases/revoked.yaml", f"revoked:\n  - {entry}\n")
    released(mini, MODEL, NEWER, MODEL)
    assert found(judged(mini), "REVO-001") == {"deny"}
