"""What a comparison counts: answers, pairs, rows, detectors."""

from __future__ import annotations

from dataclasses import replace

from releasectl.compare import Context, Log, Verdict, compare
from releasectl.compare.values import Estimate
from releasectl.requestlog import Side, read_side
from tests.unit.compare.build import (
    CANDIDATE,
    CLASSES,
    READING,
    STABLE,
    call,
    context,
    finding,
    response,
    scores,
    side,
)


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
