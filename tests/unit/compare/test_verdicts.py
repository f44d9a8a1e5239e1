"""What a reviewer is told: promote, wait with a number that is true, or stop; always with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from releasectl.compare import Comparison, Context, Log, Verdict, compare, noise_floor
from releasectl.compare.thresholds import Thresholds
from releasectl.compare.values import Criterion, Distance, Estimate, Finding, NoiseFloor
from releasectl.model import Missing
from releasectl.requestlog import Side, read_side
from tests.unit.compare.build import CANDIDATE, CLASSES, READING, STABLE, call, context, log, response, side


def scores(n: int, *, seed: int = 1) -> list[float]:
    return [float(each) for each in np.random.default_rng(seed).beta(0.6, 2, n)]


def flipped(values: Sequence[float], every: int) -> list[float]:
    """Every so many scores on the other side of the threshold, and near it, so that nothing else changes."""
    return [
        value if number % every else (0.49 if value >= 0.5 else 0.51) for number, value in enumerate(values)
    ]


def finding(found: Comparison, name: str) -> Criterion:
    return next(each for each in found.criteria if each.name == name)


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


def repeated(values: Iterable[float], version: str, distinct: int, *, proba: bool = True) -> Side:
    calls = []
    for number, value in enumerate(values):
        answer = response([int(value >= 0.5)], [value] if proba else None, version)
        calls.append(call(f"r{number:06d}", [[float(number % distinct)]], answer))
    return read_side(calls, READING)


def test_a_row_again_is_no_evidence() -> None:
    values = [scores(450)[number % 450] for number in range(6000)]
    found = compare(Log(repeated(values, STABLE, 450), repeated(values, CANDIDATE, 450)), context())
    assert found.verdict is Verdict.WAIT
    assert isinstance(found.agreement, Estimate)
    assert found.agreement.n == 450
    assert any("only 450 of 6,000 decisions are of distinct rows" in note for note in found.notes)


def test_within_noise() -> None:
    """A model that answers the same row now so, now so: its candidate cannot agree with it more often."""
    n = 12000
    random = np.random.default_rng(9)
    draws = [(random.random(n) < 0.1).astype(int) for _ in range(2)]
    sides = [
        repeated(drawn, version, 4000, proba=False)
        for drawn, version in zip(draws, (STABLE, CANDIDATE), strict=True)
    ]
    found = compare(Log(*sides), context())
    assert isinstance(found.noise.agreement, Estimate)
    assert found.noise.agreement.value == pytest.approx(0.82, abs=0.02)
    assert finding(found, "agreement").finding is Finding.PASS
    assert "within noise" in finding(found, "agreement").reason
    none = Missing("not asked")
    floor = NoiseFloor(Estimate(1.0, 0.99, 1.0, 5000), none, none, none, none)
    few = NoiseFloor(Estimate(0.8, 0.6, 0.9, 50), none, none, none, none)
    doubtful = compare(Log(*sides), replace(context(), noise=few))
    assert finding(doubtful, "agreement").finding is Finding.FAIL
    strict = compare(Log(*sides), replace(context(), noise=floor))
    assert finding(strict, "agreement").finding is Finding.FAIL


def test_the_noise_floor_of_halves() -> None:
    floor = noise_floor(side(scores(2000), seconds=(0.003, 0.004, 0.009)), STABLE, Thresholds())
    assert isinstance(floor.ks, float)
    assert 0.04 < floor.ks < 0.08  # Kolmogorov's 95 % quantile of D of two halves is 0.061
    assert isinstance(floor.psi, float)
    assert 0.01 < floor.psi < 0.06  # chi squared with 9 degrees of freedom: 0.034
    assert (floor.p99_ratio, floor.error_points) == (1.0, 0.0)
    few = noise_floor(side(scores(10)), STABLE, Thresholds())
    assert isinstance(few.ks, Missing)
    assert isinstance(few.p99_ratio, Missing)
    assert isinstance(few.error_points, Missing)


def labelled_log(n: int, *, right: float) -> Log:
    """The candidate disagrees in 4 %, and is right in `right` of these; both are else always right."""
    random = np.random.default_rng(3)
    stable, candidate, audit = list[float](), list[float](), list[dict[str, str]]()
    for number, value in enumerate(scores(n)):
        truth = int(value >= 0.5)
        other = 0.49 if truth else 0.51
        disagree = number % 25 == 0
        wins = disagree and random.random() < right
        stable.append(other if wins else value)
        candidate.append(value if not disagree or wins else other)
        audit.append({"income": CLASSES[truth], "gender": "Female" if number % 3 else "Male"})
    return log(stable, candidate, audit=audit)


def test_known_outcomes_tell_but_do_not_outvote_unless_policy_says_so() -> None:
    better = labelled_log(8000, right=0.7)
    found = compare(better, context())
    assert found.verdict is Verdict.STOP  # SHAD-001 as it stands
    assert finding(found, "accuracy").finding is Finding.PASS
    assert any(
        "of 320 disagreements with a known outcome the candidate is right in" in each for each in found.notes
    )
    assert any("`labels_decide`" in each for each in found.notes)
    trusted = compare(better, context(labels_decide=True))
    assert trusted.verdict is Verdict.PROMOTE
    assert "known outcomes outvote it" in finding(trusted, "agreement").reason
    assert compare(better, context(agreement=0.95)).verdict is Verdict.PROMOTE


def test_a_worse_candidate_is_stopped_though_it_agrees() -> None:
    worse = labelled_log(8000, right=0.0)
    found = compare(worse, context(agreement=0.95, labels_decide=True))
    assert [each.name for each in found.criteria if each.finding is Finding.FAIL] == ["accuracy"]
    assert found.verdict is Verdict.STOP


def test_no_worse_takes_proof() -> None:
    """The value alone is on the good side; its interval is not, and outcomes then outvote nothing."""
    found = compare(labelled_log(1000, right=0.5), context(labels_decide=True))
    judged = finding(found, "accuracy")
    assert isinstance(judged.measured, Estimate)
    assert judged.measured.low < judged.limit < judged.measured.value
    assert judged.finding is Finding.UNDECIDED
    assert finding(found, "agreement").finding is not Finding.PASS


def test_few_labels_decide_nothing() -> None:
    found = compare(labelled_log(80, right=1.0), context(labels_decide=True, minimum_requests=50))
    assert finding(found, "accuracy").finding is Finding.UNDECIDED
    assert finding(found, "agreement").finding is not Finding.PASS


def test_outcomes_of_independent_samples() -> None:
    shadow = labelled_log(6000, right=0.5)
    calls = tuple(replace(each, key=f"c{each.key}") for each in shadow.candidate.calls)
    found = compare(Log(shadow.stable, replace(shadow.candidate, calls=calls)), context("canary"))
    assert not isinstance(found.labelled, Missing)
    assert isinstance(found.labelled.p, Missing)
    assert finding(found, "accuracy").finding in (Finding.PASS, Finding.UNDECIDED)


def groups_log(strategy: str) -> Log:
    """The candidate selects one woman in ten whom the model does not."""
    values = [min(value, 0.45) for value in scores(4000)]
    audit = [{"gender": "Female" if number % 2 else "Male", "race": "one"} for number in range(4000)]
    lifted = [0.55 if number % 20 == 1 else value for number, value in enumerate(values)]
    found = log(values, lifted, audit=audit)
    if strategy == "shadow":
        return found
    calls = tuple(replace(each, key=f"c{each.key}") for each in found.candidate.calls)
    return Log(found.stable, replace(found.candidate, calls=calls))


@pytest.mark.parametrize("strategy", ["shadow", "canary"])
def test_a_change_that_falls_on_one_group_stops(strategy: str) -> None:
    found = compare(groups_log(strategy), context(strategy, agreement=0.9, ks=0.5, psi=1.0))
    judged = finding(found, "groups:gender")
    assert judged.finding is Finding.FAIL
    assert judged.title == "selection by gender: Female against Male"
    assert isinstance(judged.measured, Estimate)
    assert judged.measured.value == pytest.approx(0.1)
    assert [each.name for each in found.criteria if each.finding is Finding.FAIL] == ["groups:gender"]
    women = next(each for each in found.groups if each.value == "Female")
    if strategy == "shadow":
        assert women.flips == ((1800, 200), (0, 0))
        assert isinstance(women.agreement, Estimate)
        assert women.agreement.value == 0.9
    else:
        assert women.flips == ()
    assert (women.selected_stable, women.selected_candidate) == (0.0, 0.1)
    assert {each.column for each in found.groups} == {"gender", "race"}


def test_small_groups_are_shown_and_not_judged() -> None:
    values = scores(200)
    audit = [{"gender": "Female" if number < 20 else "Male"} for number in range(200)]
    found = compare(log(values, values, audit=audit), context())
    assert [(each.value, each.n_stable) for each in found.groups] == [("Female", 20), ("Male", 180)]
    assert not any(each.name.startswith("groups") for each in found.criteria)


def test_a_measure_is_no_trait() -> None:
    values = scores(60)
    audit = [{"age": str(20 + number), "race": ""} for number in range(60)]
    found = compare(log(values, values, audit=audit), context())
    assert found.groups == ()
    assert [each for each in found.notes if "groups" in each] == [
        "age has more than 50 values: not taken for groups"
    ]


def test_answers_of_another_model_do_not_count() -> None:
    old = side(scores(100), version="c3" * 16, prefix="old")
    stable = side(scores(200))
    found = compare(Log(replace(stable, calls=old.calls + stable.calls), stable), context("canary"))
    assert [each.requests for each in found.traffic] == [200, 0]
    assert [each.other_models for each in found.traffic] == [100, 200]
    assert any("100 requests to the model left out: another commit answered" in each for each in found.notes)


def test_answers_that_name_no_model_are_taken_with_a_word() -> None:
    values = scores(60)
    calls = [
        call(f"r{n:06d}", [[float(n), 1.0]], response([0], [value], None)) for n, value in enumerate(values)
    ]
    found = compare(Log(side(values), read_side(calls, READING)), context())
    assert found.traffic[1].requests == 60
    assert any("no answer of the candidate says which commit made it" in each for each in found.notes)


def test_missing_pairs_are_told() -> None:
    values = scores(200)
    half = side(values[:100], version=CANDIDATE)
    found = compare(Log(side(values), half), context())
    assert any(
        "100 of 200 requests are paired, 200 should be (100 % is mirrored)" in each for each in found.notes
    )
    mirrored = compare(Log(side(values), half), replace(context(), mirror=50))
    assert not any("are paired" in each for each in mirrored.notes)


def test_rows_that_differ_are_no_pair() -> None:
    one = read_side([call("r1", [[1.0]]), call("r2")], READING)
    answer = response([0], None, CANDIDATE)
    other = read_side([call("r1", [[2.0]], answer), call("r2", answer=answer)], READING)
    found = compare(Log(one, other), context())
    assert found.pairs == 1
    assert any(
        "1 request left out: both sides have the id, but not the same rows" in each for each in found.notes
    )


def test_detectors_are_told_for_each_side() -> None:
    def watched(version: str) -> Side:
        outlier = {"data": {"is_outlier": [1, 0]}}
        answer = response([0, 0], None, version)
        calls = [
            call(key, [[1.0], [2.0]], answer, outlier=outlier, drift={"data": {"is_drift": flag}})
            for key, flag in (("r1", 1), ("r2", 0))
        ]
        return read_side(calls, READING)

    found = compare(Log(watched(STABLE), watched(CANDIDATE)), context())
    assert isinstance(found.detections[0].outliers, Estimate)
    assert found.detections[0].outliers.value == 0.5
    assert (found.detections[1].drifting, found.detections[1].batches) == (1, 2)
    assert any("drift in 1 of 2 batches to the model" in each for each in found.notes)


def test_batches_count_by_row_and_wait_in_requests() -> None:
    def batches(version: str) -> Side:
        return read_side(
            (
                call(
                    f"r{n}",
                    [[float(n), float(i)] for i in range(50)],
                    response([0] * 50, [0.2] * 50, version),
                )
                for n in range(10)
            ),
            READING,
        )

    found = compare(Log(batches(STABLE), batches(CANDIDATE)), context())
    assert (found.traffic[0].requests, found.traffic[0].decisions) == (10, 500)
    assert finding(found, "agreement").n == 500
    assert finding(found, "agreement").more == 18  # 898 decisions, 50 a request


def test_a_champion_against_itself_under_one_name() -> None:
    values = scores(3200)
    both = Log(side(values), side(values))
    assert compare(both, Context("shadow", STABLE, STABLE, CLASSES)).verdict is Verdict.PROMOTE
