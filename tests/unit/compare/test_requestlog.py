"""What a logged call says, and which calls belong together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from releasectl.model import Missing, Release, Source, Strategy
from releasectl.ports import Endpoint
from releasectl.requestlog import UNANSWERED, Call, Reading, endpoints, pairing, read_call, read_side
from tests.unit.compare.build import CANDIDATE, CLASSES, READING, STABLE, call, logged, response, scores, side


def read(*arguments: Any, reading: Reading = READING, **more: Any) -> Call:
    found = read_call(call(*arguments, **more), reading)
    assert isinstance(found, Call)
    return found


AUDIT = [{"gender": "Male", "income": CLASSES[number % 2]} for number in range(40)]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"version": CANDIDATE, "prefix": "c", "seconds": (0.004, 0.005, 0.011)},
        {"proba": False},
        {"audit": AUDIT},
        {"distinct": 9},
    ],
)
def test_the_sides_of_these_tests_are_what_is_read(more: dict[str, Any]) -> None:
    """They are built without payloads, which would take most of the time."""
    values = [None if number % 7 == 6 else value for number, value in enumerate(scores(40))]
    assert side(values, **more) == read_side(logged(values, **more), READING)


def test_rows_classes_scores() -> None:
    found = read("r9", [[1, 2], [3, 4]], response([0, 1], [0.25, 0.75]))
    assert (found.key, found.version) == ("r9", STABLE)
    assert (found.classes, found.scores, found.error) == ((0, 1), (0.25, 0.75), "")
    assert len(set(found.inputs)) == 2


def test_without_probabilities_there_are_classes_only() -> None:
    assert read(answer=response([1])).scores == ()


def test_classes_by_name_and_from_probabilities_alone() -> None:
    assert read(answer=response([">50K"])).classes == (1,)
    answer = response([0], [0.75])
    answer["outputs"].pop(0)
    assert read(answer=answer).classes == (1,)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Missing("no response is logged"), UNANSWERED),
        (response([0, 1]), "answers 2 rows where 1 were asked"),
        (response([2]), "[2] is none of the classes <=50K, >50K"),
        (response(["rich"]), '["rich"] is none of the classes <=50K, >50K'),
        (response([float("nan")]), "[NaN] is none of the classes <=50K, >50K"),
        (response([0], [float("nan")]), "a score is no score: nan is not a number"),
        ({"outputs": []}, "the answer has no output predict"),
        ({"error": "boom"}, "the answer has no output predict"),
        ("<html>", "the answer has no output predict"),
        ({"outputs": [{"name": "predict", "shape": [2], "data": [1]}]}, "output predict has the shape [2]"),
    ],
)
def test_a_bad_answer_is_an_error_of_the_call(answer: Any, error: str) -> None:
    found = read(answer=answer)
    assert found.error.startswith(error)
    assert (found.classes, found.scores) == ((), ())


def test_what_the_logger_says_comes_first() -> None:
    assert read(error="connection reset", status=0).error == "connection reset"
    assert read(status=503).error == "status 503"


def test_probabilities_of_another_number_of_classes() -> None:
    answer = response([0])
    answer["outputs"].append({"name": "predict_proba", "shape": [1, 3], "data": [0.1, 0.2, 0.7]})
    assert "no column for each of 2 classes" in read(answer=answer).error
    three = read(answer=answer, reading=Reading(("a", "b", "c")))
    assert (three.error, three.scores) == ("", ())


def test_a_request_that_is_not_understood_is_skipped_and_counted() -> None:
    bad = [call("r1", request={"inputs": []}), call("r2", request={"inputs": []}), call("r3")]
    found = read_side(bad, READING)
    assert [each.key for each in found.calls] == ["r3"]
    assert found.skipped == {"the request has no inputs": 2}


def test_a_request_that_is_not_logged_still_has_its_answer() -> None:
    found = read(request=Missing("no request is logged"), answer=response([1, 0]))
    assert (found.classes, found.inputs, found.error) == ((1, 0), (), "")


def test_the_first_of_one_request_id_counts() -> None:
    late = call("r1", answer=response([1]), after=5)
    found = read_side([late, call("r1"), late], READING)
    assert (len(found.calls), found.calls[0].classes, found.repeated) == (1, (0,), 2)


def test_a_log_without_end_is_cut() -> None:
    found = read_side((call(f"r{number}") for number in range(5)), READING, most=3)
    assert (len(found.calls), found.cut) == (3, True)


ROWS = [[1, 2], [3, 4]]
COLUMNS = {"gender": ["Male", "Female"], "income": [">50K", "?"]}


@pytest.mark.parametrize("audit", [COLUMNS, json.dumps(COLUMNS)])
def test_audit_columns_in_the_request(audit: Any) -> None:
    found = read("r1", ROWS, parameters={"audit": audit})
    assert found.groups == {"gender": ("Male", "Female")}
    assert found.labels == (1, -1)


def test_audit_columns_looked_up() -> None:
    table = [{"gender": "Male", "income": ">50K"}, {"gender": "Female", "income": "<=50K"}]
    reading = Reading(CLASSES, "income", {"holdout@1": table})
    chosen = {"source": "holdout@1", "rows": [1, 0]}
    found = read("r1", ROWS, parameters={"audit_rows": chosen}, reading=reading)
    assert (found.groups, found.labels) == ({"gender": ("Female", "Male")}, (0, 1))


@pytest.mark.parametrize(
    "parameters",
    [
        {"audit": "{not json"},
        {"audit": [1]},
        {"audit": {"gender": ["Male"]}},
        {"audit": {"gender": "Male"}},
        {"audit_rows": {"source": "unknown", "rows": [0, 1]}},
        {"audit_rows": {"source": "holdout@1", "rows": [0, 7]}},
        {"audit_rows": {"source": "holdout@1", "rows": [-1, 0]}},
        {"audit_rows": {"source": "holdout@1", "rows": [0]}},
        {"audit_rows": {"source": "holdout@1", "rows": []}},
        {"audit_rows": 3},
    ],
)
def test_audit_that_fits_no_row_is_unknown(parameters: dict[str, Any]) -> None:
    reading = Reading(CLASSES, "income", {"holdout@1": [{"gender": "Male"}, {"gender": "Female"}]})
    assert read("r1", ROWS, parameters=parameters, reading=reading).groups == {}


def test_what_detectors_said() -> None:
    outlier = {"data": {"is_outlier": [1, 0], "instance_score": [2.0, 0.1]}, "meta": {}}
    found = read("r1", ROWS, outlier=outlier, drift={"data": {"is_drift": 1}})
    assert (found.outliers, found.drift) == ((True, False), True)
    assert (read().outliers, read().drift) == ((), None)
    assert read(outlier={"data": None}, drift="?").outliers == ()


def test_pairs_have_the_id_and_the_rows_in_common() -> None:
    stable = read_side([call("a"), call("b"), call("c", [[7.0]]), call("d")], READING)
    candidate = read_side([call("d"), call("c", [[8.0]]), call("b"), call("x")], READING)
    found = pairing(stable, candidate)
    assert [one.key for one, _ in found.pairs] == ["b", "d"]
    assert (found.stable_only, found.candidate_only, found.different) == (1, 1, 1)


def release(**strategy: Any) -> Release:
    source = Source("releases/staging/income.yaml", {}, {})
    return Release(
        "income", "staging", "credit-ml", STABLE, Strategy(**strategy), "none", (), 1, source
    )  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "candidate"),
    [
        ({"type": "shadow"}, Endpoint("shadow", "income")),
        ({"type": "canary"}, Endpoint("candidate", "income")),
        ({"type": "abtest"}, Endpoint("candidate", "income")),
        ({"type": "abtest", "router": True}, Endpoint("default", "candidate")),
    ],
)
def test_where_each_side_is_logged(strategy: dict[str, Any], candidate: Endpoint) -> None:
    assert endpoints(release(candidate="b2" * 16, **strategy)) == (Endpoint("default", "income"), candidate)


def test_a_direct_release_has_one_side() -> None:
    assert isinstance(endpoints(release()), Missing)
