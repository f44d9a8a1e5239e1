"""The request log through the SDK and through the toolkit's adapter: what is asked, answered and judged."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import httpx
import psutil
import pytest
import seldon_deploy_sdk as sdk

from releasectl.model import Missing
from releasectl.platforms.request_log import build_request_log
from releasectl.ports import Endpoint, LoggedCall
from tests.contract.seldon.conftest import Commit
from tests.contract.seldon.sandbox import LIMIT, NAMESPACE, ROW, Sandbox, http, logging_manifest, until, uri
from tests.contract.seldon_adapter.conftest import platform_at
from tests.load import Load, request

pytestmark = pytest.mark.processes


def calls(sandbox: Sandbox, name: str, predictor: str = "default", **span: Any) -> list[LoggedCall]:
    log = build_request_log(platform_at(sandbox.api.partition("/seldon-deploy")[0], timeout=LIMIT))
    return list(log.calls(NAMESPACE, name, Endpoint(predictor, name), **span))


def answers(sandbox: Sandbox, name: str) -> list[LoggedCall]:
    """The calls of which the log has both halves: an answer comes after its request."""
    return [each for each in calls(sandbox, name) if not isinstance(each.status, Missing)]


def infer(sandbox: Sandbox, name: str, body: Any, **headers: str) -> httpx.Response:
    url = f"{sandbox.ingress}/seldon/{NAMESPACE}/{name}/v2/models/{name}/infer"
    return http("POST", url, content=body if isinstance(body, bytes) else json.dumps(body).encode(),
                headers={"content-type": "application/json", **headers})  # fmt: skip


@pytest.fixture
def served(sandbox: Sandbox, name: str, commit: Commit) -> tuple[str, str]:
    """(name, commit) of a deployment that logs."""
    one = commit()
    sandbox.client.create(logging_manifest(name, one))
    sandbox.client.ready(name)
    return name, one


def test_a_call_is_logged_with_its_answer_and_its_id(sandbox: Sandbox, served: tuple[str, str]) -> None:
    name, commit = served
    asked = {"inputs": [ROW], "parameters": {"audit": json.dumps({"gender": ["Female"]})}}
    answer = infer(sandbox, name, asked)
    given = infer(sandbox, name, asked, **{"Seldon-Puid": "mine"})
    assert given.headers["seldon-puid"] == "mine"
    first, second = until(lambda: len(found := answers(sandbox, name)) == 2 and found)
    assert (first.request_id, second.request_id) == (answer.headers["seldon-puid"], "mine")
    assert first.request == asked
    assert first.response == answer.json()
    assert first.response["model_version"] == commit
    assert (first.status, first.error) == (200, "")
    assert first.seconds > 0
    assert first.at < second.at


def test_what_fails_is_logged_with_the_cause(sandbox: Sandbox, served: tuple[str, str]) -> None:
    name, _ = served
    assert infer(sandbox, name, b"no json", **{"Seldon-Puid": "a"}).status_code == 422
    wrong = {"inputs": [{**ROW, "shape": [1, 1], "data": [[1.0]]}]}
    assert infer(sandbox, name, wrong, **{"Seldon-Puid": "b"}).status_code == 500
    found = until(
        lambda: len(found := answers(sandbox, name)) == 2 and {each.request_id: each for each in found}
    )
    assert found["a"].status == 422
    assert found["a"].error.startswith("status 422: ")
    assert not isinstance(found["b"].request, str)
    assert found["b"].status == 500


def test_who_asks_not_to_be_logged_is_not(sandbox: Sandbox, served: tuple[str, str]) -> None:
    name, _ = served
    for word in ("true", "on", "1"):
        infer(sandbox, name, {"inputs": [ROW]}, **{"Seldon-Skip-Logging": word})
    infer(sandbox, name, {"inputs": [ROW]}, **{"Seldon-Puid": "the only one"})
    until(lambda: calls(sandbox, name))
    assert [each.request_id for each in calls(sandbox, name)] == ["the only one"]


def test_a_log_is_read_in_pages_and_by_time(sandbox: Sandbox, served: tuple[str, str]) -> None:
    name, _ = served
    url = f"{sandbox.ingress}/seldon/{NAMESPACE}/{name}/v2/models/{name}/infer"
    sent = Load(url, request([[60.0, 1.0]])).send(250)
    everything = until(lambda: len(found := calls(sandbox, name)) == 250 and found)
    assert {each.request_id for each in everything} == {each.id for each in sent}
    assert [each.at for each in everything] == sorted(each.at for each in everything)
    middle = everything[100].at
    before, after = calls(sandbox, name, until=middle), calls(sandbox, name, since=middle)
    assert [each.at for each in (*before, *after)] == [each.at for each in everything]
    assert after[0].at == middle

    api = sdk.InferenceLogsServiceApi(sandbox.client.sdk)
    body = {"predictorName": "default", "containerName": name, "limit": 200}
    read = api.inference_logs_service_get_deployment_inference_logs
    page = read(NAMESPACE, name, body)
    assert (len(page.payloads), page.total_count) == (200, 250)
    rest = read(NAMESPACE, name, {**body, "pageToken": page.next_page_token})
    assert (len(rest.payloads), rest.next_page_token) == (50, "")
    assert not {each.request_id for each in page.payloads} & {each.request_id for each in rest.payloads}
    with pytest.raises(sdk.rest.ApiException) as caught:
        read(NAMESPACE, name, {**body, "pageToken": "unknown"})
    assert caught.value.status == 400
    listed = api.inference_logs_service_list_deployment_inference_logs(
        namespace=NAMESPACE, deployment_name=name
    )
    (log,) = listed.inference_logs
    assert (log.predictor, log.container, log.count) == ("default", name, 250)
    assert (log.start_time, log.end_time) == (everything[0].at, everything[-1].at)
    assert not read(NAMESPACE, "nobody", body).payloads


def test_detectors_judge_what_their_model_was_asked(sandbox: Sandbox, name: str, commit: Commit) -> None:
    one = commit("model", "drift", "outlier")
    sandbox.client.create(logging_manifest(name, one))
    for kind, more in (("drift", {"drift_batch_size": "20"}), ("outlier", {})):
        path = f"/namespaces/{NAMESPACE}/seldondeployments/{name}/monitor/{kind}-detector"
        basic = {"storage_uri": uri(one, kind), **more}
        http("POST", f"{sandbox.api}{path}", json={"name": f"{name}-{kind}", "config": {"basic": basic}})
    sandbox.client.ready(name)
    rows = [[40.0, 1.0], [400.0, 1.0]]
    for number in range(10):
        body = {"inputs": [{**ROW, "shape": [2, 2], "data": rows}]}
        infer(sandbox, name, body, **{"Seldon-Puid": f"{number}"})
    logged = until(lambda: len(found := calls(sandbox, name)) == 10 and all(map(judged, found)) and found)
    assert [each.outlier["data"]["is_outlier"] for each in logged] == [[0, 1]] * 10
    batches = [each for each in logged if isinstance(each.drift, dict)]
    assert [each.request_id for each in batches] == ["9"]  # the one that filled it
    assert batches[0].drift["data"]["is_drift"] == 1
    assert batches[0].drift["meta"]["name"] == "TabularDrift"


def judged(call: LoggedCall) -> bool:
    return isinstance(call.outlier, dict) and (call.request_id != "9" or isinstance(call.drift, dict))


def request_logger(sandbox: Sandbox) -> psutil.Process:
    word = f"--state={sandbox.state}/requestlog"
    found = [each for each in psutil.process_iter(["cmdline"]) if word in (each.info["cmdline"] or ())]
    assert len(found) == 1
    return found[0]


def test_predictions_go_on_without_the_logger_and_are_kept(sandbox: Sandbox, served: tuple[str, str]) -> None:
    name, _ = served
    sandbox.predict(name)
    until(lambda: calls(sandbox, name))
    sandbox.kill()  # nobody brings the logger back
    try:
        request_logger(sandbox).kill()
        url = f"{sandbox.ingress}/seldon/{NAMESPACE}/{name}/v2/models/{name}/infer"
        load = Load(url, request([[60.0, 1.0]]))
        sent = load.send(100)
        assert load.failed == []
    finally:
        sandbox.start()
    logged = until(lambda: len(found := calls(sandbox, name)) == 101 and found)
    assert {each.request_id for each in logged} > {each.id for each in sent}


def test_a_full_queue_drops_events_and_delays_nobody(sandbox: Sandbox, name: str, commit: Commit) -> None:
    manifest = logging_manifest(name, commit())
    manifest["spec"]["annotations"] = {"seldon.io/executor-logger-queue-size": "10"}
    sandbox.client.create(manifest)
    sandbox.client.ready(name)
    logger = request_logger(sandbox)
    logger.send_signal(signal.SIGSTOP)
    url = f"{sandbox.ingress}/seldon/{NAMESPACE}/{name}/v2/models/{name}/infer"
    load = Load(url, request([[60.0, 1.0]]))
    try:
        load.send(50)
    finally:
        logger.send_signal(signal.SIGCONT)
    assert load.failed == []
    metrics = http("GET", f"{sandbox.ingress}/seldon/{NAMESPACE}/{name}/prometheus").text
    dropped = next(line for line in metrics.splitlines() if "logger_dropped_total" in line)
    assert float(dropped.rpartition(" ")[2]) == 90


def test_an_executor_that_dies_is_started_again_and_its_model_lives_on(
    sandbox: Sandbox, served: tuple[str, str]
) -> None:
    name, _ = served
    (model,), (executor,) = sandbox.processes(name).values(), sandbox.executors(name)
    os.kill(executor, signal.SIGKILL)
    until(lambda: (found := sandbox.executors(name)) and found != [executor])
    until(lambda: sandbox.predict(name).status_code == 200)
    assert list(sandbox.processes(name).values()) == [model]
