"""Requests through the ingress: paths, bodies as MLServer and its alibi runtimes send them, reuse, limits."""

from __future__ import annotations

import json
import math
import threading

import pytest

from releasectl.errors import BackendUnreachable, InvalidInput
from releasectl.platforms.inference import build_inference
from tests.contract.seldon_adapter.conftest import Reply, Scripted, platform_at

REQUEST = {"inputs": [{"name": "predict", "shape": [1, 2], "datatype": "FP64", "data": [39.0, 2.0]}]}
PREDICTION = {
    "model_name": "income",
    "model_version": "5d0c",
    "id": "1",
    "outputs": [{"name": "predict", "shape": [1, 1], "datatype": "INT64", "data": [1]}],
}


def test_infer_returns_the_whole_answer(scripted: Scripted) -> None:
    scripted.says(Reply(PREDICTION))
    ingress = build_inference(platform_at(f"{scripted.url}/"))
    assert ingress.infer("production", "income", "income", REQUEST) == PREDICTION
    (seen,) = scripted.seen
    assert (seen.method, seen.path) == ("POST", "/seldon/production/income/v2/models/income/infer")
    assert seen.body == REQUEST


def test_explain_returns_what_alibi_wrote_and_the_commit_that_answered(scripted: Scripted) -> None:
    explanation = {"meta": {"name": "AnchorTabular"}, "data": {"anchor": ["Age > 37"], "precision": 0.97}}
    output = {"name": "explanation", "shape": [1, 1], "datatype": "BYTES", "data": [json.dumps(explanation)]}
    scripted.says(Reply({"model_name": "e", "model_version": "5d0c", "outputs": [output]}))
    found = build_inference(platform_at(scripted.url)).explain("production", "income", "default", REQUEST)
    assert found == {**explanation, "model_version": "5d0c"}
    assert scripted.seen[0].path == (
        "/seldon/production/income-explainer/default/v2/models/income-default-explainer/infer"
    )


def test_the_explainer_of_a_long_name_is_asked_by_its_hash(scripted: Scripted) -> None:
    scripted.says(Reply({"outputs": [{"name": "explanation", "data": ["{}"]}]}))
    build_inference(platform_at(scripted.url)).explain("production", "a" * 50, "default", REQUEST)
    assert "/v2/models/seldon-" in scripted.seen[0].path


def test_detect_returns_the_outputs_by_name(scripted: Scripted) -> None:
    outputs = [
        {"name": "instance_score", "shape": [1, 2], "datatype": "FP64", "data": [0.1, 0.9]},
        {"name": "is_outlier", "shape": [1, 2], "datatype": "INT64", "data": [0, 1]},
    ]
    scripted.says(Reply({"outputs": outputs}), Reply({"outputs": []}))
    ingress = build_inference(platform_at(scripted.url))
    flags = ingress.detect("production", "income", "income-outlier", REQUEST)
    assert flags == {"instance_score": [0.1, 0.9], "is_outlier": [0, 1]}
    assert scripted.seen[0].path == (
        "/seldon/production/income-detectors/income-outlier/v2/models/income-outlier/infer"
    )
    assert ingress.detect("production", "income", "income-drift", REQUEST) == {}


@pytest.mark.parametrize("outputs", [None, {}, [1], [{"data": [1]}], [{"name": "is_drift"}]])
def test_outputs_of_another_kind(outputs: object, scripted: Scripted) -> None:
    scripted.says(Reply({"outputs": outputs}))
    ingress = build_inference(platform_at(scripted.url))
    with pytest.raises(BackendUnreachable):
        ingress.detect("production", "income", "income-drift", REQUEST)


@pytest.mark.parametrize("data", [[], ["{"], [None], [{}], ["[" * 200_000]])
def test_an_explanation_of_another_kind(data: object, scripted: Scripted) -> None:
    scripted.says(Reply({"outputs": [{"name": "explanation", "data": data}]}))
    with pytest.raises(BackendUnreachable, match="explanation"):
        build_inference(platform_at(scripted.url)).explain("production", "income", "default", REQUEST)


def test_names_cannot_leave_their_place_in_the_path(scripted: Scripted) -> None:
    scripted.says(Reply(PREDICTION))
    build_inference(platform_at(scripted.url)).infer("../a", "b/c", "d?e", REQUEST)
    assert scripted.seen[0].path == "/seldon/..%2Fa/b%2Fc/v2/models/d%3Fe/infer"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_json_cannot_say_is_not_sent(value: float, scripted: Scripted) -> None:
    with pytest.raises(InvalidInput, match="NaN or Infinity"):
        build_inference(platform_at(scripted.url)).infer("production", "income", "income", {"data": [value]})
    assert scripted.seen == []


def test_connections_are_reused_and_threads_may_share_them(scripted: Scripted) -> None:
    scripted.says(Reply(PREDICTION))
    ingress = build_inference(platform_at(scripted.url))
    for _ in range(20):
        ingress.infer("production", "income", "income", REQUEST)
    assert len(scripted.connections) == 1
    answers: list[object] = []

    def ask() -> None:
        answers.extend(ingress.infer("production", "income", "income", REQUEST) for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [PREDICTION] * 80
    assert len(scripted.connections) <= 9
