"""What a reviewer is told: promote, wait with a number that is true, or stop; always with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from releasectl.compare import Log, Verdict, compare
from releasectl.compare.values import Distance, Finding
from releasectl.model import Missing
from releasectl.requestlog import Side, read_side
from tests.unit.compare.build import (
    CANDIDATE,
    READING,
    call,
    context,
    finding,
    flipped,
    log,
    response,
    scores,
    side,
)


def test_a_twin_is_promoted() -> None:
    values = scores(3200)
    found = compare(log(values, values), context())
    assert found.verdict is Verdict.PROMOTE
    assert {each.finding for each in found.criteria} == {Finding.PASS}
    assert (found.more_requests, found.pairs) == (0, 3200)
    assert len(found.reasons) == 5


def test_nothing_logged_yet() -> None:
    found = compare(Log(Side(), Side()), context())
    assert found.verdict is Verdict.WAIT
    assert found.more_requests == 2995  # by the error rate, which takes most
    assert {each.finding for each in found.criteria} == {Finding.UNKNOWN}
    assert finding(found, "agreement").reason == "no pair has been answered yet"
    assert isinstance(found.first, Missing)


@pytest.mark.parametrize("strategy", ["shadow", "canary", "abtest"])
def test_one_side_only(strategy: str) -> None:
    found = compare(Log(side(scores(50)), Side()), context(strategy))
    assert found.verdict is Verdict.WAIT
    assert isinstance(found.more_requests, int)
    assert found.more_requests >= 2995


def test_a_canary_has_no_pairs() -> None:
    stable, candidate = side(scores(9000)), side(scores(3000, seed=2), version=CANDIDATE, prefix="c")
    found = compare(Log(stable, candidate), context("canary"))
    assert found.verdict is Verdict.PROMOTE
    assert isinstance(found.pairs, Missing)
    assert isinstance(found.agreement, Missing)
    assert isinstance(found.flips, Missing)
    assert [each.name for each in found.criteria] == ["psi", "ks", "p99", "errors"]


def test_the_minimum_of_a_canary_depends_on_its_share() -> None:
    """With nine times as many requests to the model, the candidate needs fewer than with as many."""
    few = side(scores(300, seed=2), version=CANDIDATE, prefix="c")
    even = compare(Log(side(scores(300)), few), context("abtest"))
    uneven = compare(Log(side(scores(2700)), few), context("canary"))
    assert finding(uneven, "ks").minimum < finding(even, "ks").minimum


Sides = Callable[[int], Log]


def disagreeing(every: int) -> Sides:
    return lambda n: log(scores(n), flipped(scores(n), every))


@pytest.mark.parametrize(
    ("name", "sides", "start", "limits", "end"),
    [
        ("agreement", disagreeing(10**9), 500, {}, Finding.PASS),
        ("errors", disagreeing(10**9), 500, {}, Finding.PASS),
        ("ks", disagreeing(10**9), 500, {}, Finding.PASS),
        ("agreement", disagreeing(40), 800, {}, Finding.FAIL),
        ("agreement", disagreeing(70), 300, {}, Finding.PASS),
        ("agreement", disagreeing(20), 120, {"agreement": 0.96, "agreement_margin": 0.02}, Finding.FAIL),
        ("errors", disagreeing(10**9), 10, {"minimum_requests": 50}, Finding.PASS),
    ],
)
def test_as_many_more_as_it_says_decide(
    name: str, sides: Sides, start: int, limits: dict[str, Any], end: Finding
) -> None:
    found = compare(sides(start), context(**limits))
    more = finding(found, name).more
    assert found.verdict is Verdict.WAIT
    assert isinstance(more, int)
    assert isinstance(found.more_requests, int)
    assert more <= found.more_requests
    nearly = compare(sides(start + round(more * 0.9) - 1), context(**limits))
    enough = compare(sides(round((start + more) * 1.02) + 2), context(**limits))
    assert finding(nearly, name).finding is Finding.UNDECIDED
    assert finding(enough, name).finding is end


def test_a_bad_candidate_is_stopped_early() -> None:
    values = scores(120)
    found = compare(log(values, [1 - value for value in values]), context())
    assert found.verdict is Verdict.STOP
    assert finding(found, "agreement").finding is Finding.FAIL
    early = compare(log(values[:20], [1 - value for value in values[:20]]), context())
    assert early.verdict is Verdict.WAIT  # chance can do that
    assert finding(early, "agreement").more == 80


def test_a_candidate_that_fails_is_stopped() -> None:
    values: list[float | None] = [*scores(3200)]
    broken = [None if number % 100 == 0 else value for number, value in enumerate(values)]
    found = compare(log(values, broken), context())
    assert found.verdict is Verdict.STOP
    assert [each.name for each in found.criteria if each.finding is Finding.FAIL] == ["errors"]
    assert found.traffic[1].unanswered == 32
    assert any("32 requests to the candidate without a logged answer" in note for note in found.notes)


def test_not_a_number_is_a_failure_of_the_model_that_says_it() -> None:
    values = scores(300)
    nan = [float("nan") if number % 3 == 0 else value for number, value in enumerate(values)]
    answers = [
        call(f"r{n:06d}", [[float(n), 1.0]], response([0], [value], CANDIDATE)) for n, value in enumerate(nan)
    ]
    found = compare(Log(side(values), read_side(answers, READING)), context())
    assert found.traffic[1].failed == 100
    assert found.verdict is Verdict.STOP
    assert isinstance(found.ks, Distance)
    assert found.ks.n_candidate == 200


def test_a_slow_candidate_is_stopped() -> None:
    values = scores(3200)
    slow = side(values, version=CANDIDATE, seconds=(0.004, 0.005, 0.011))
    found = compare(Log(side(values, seconds=(0.004, 0.005)), slow), context())
    assert [each.name for each in found.criteria if each.finding is Finding.FAIL] == ["p99"]
    assert finding(found, "p99").reason == "2.20x (2.20x to 2.20x) is above 1.20x"


def test_without_durations_no_number_of_requests_helps() -> None:
    values = scores(3200)
    bare = side(values, version=CANDIDATE)
    none = Missing("neither a duration nor two times are logged")
    bare = replace(bare, calls=tuple(replace(each, seconds=none) for each in bare.calls))
    found = compare(Log(side(values), bare), context())
    assert found.verdict is Verdict.WAIT
    assert found.more_requests == Missing("no duration of the candidate is logged")
    required = ("agreement", "psi", "ks", "errors")
    assert compare(Log(side(values), bare), context(required=required)).verdict is Verdict.PROMOTE


def test_without_scores_classes_are_compared() -> None:
    values = scores(3200)
    found = compare(log(values, values, proba=False), context())
    assert found.verdict is Verdict.PROMOTE
    assert isinstance(found.ks, Distance)
    assert found.ks.of == "classes"
    assert isinstance(found.differences, Missing)
    assert finding(found, "psi").minimum < 339  # two classes are fewer bins than ten
    shifted = compare(log(values, flipped(values, 2), proba=False), context())
    assert isinstance(shifted.ks, Distance)
    selected = [sum(value >= 0.5 for value in each) / 3200 for each in (values, flipped(values, 2))]
    assert shifted.ks.estimate.value == pytest.approx(abs(selected[0] - selected[1]))


def test_constant_scores() -> None:
    found = compare(log([0.3] * 3200, [0.3] * 3200), context())
    assert found.verdict is Verdict.PROMOTE
    moved = compare(log([0.3] * 200, [0.4] * 200), context())
    assert moved.verdict is Verdict.STOP
    assert {each.name for each in moved.criteria if each.finding is Finding.FAIL} == {"psi", "ks"}
