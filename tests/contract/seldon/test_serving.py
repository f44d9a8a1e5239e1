"""Real servers: what a SeldonDeployment makes of them, and what a change of it does to them."""

from __future__ import annotations

import copy
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from releasectl.sandbox.deployed import starting
from tests.contract.seldon.conftest import Commit
from tests.contract.seldon.sandbox import (
    LIMIT,
    NAMESPACE,
    ROW,
    Sandbox,
    a_predictor,
    http,
    manifest,
    told,
    until,
    uri,
)

pytestmark = pytest.mark.processes


def listening(pid: int) -> set[str]:
    """The addresses that a process listens on; gRPC writes an IPv4 one as IPv6."""
    found = (each.laddr.ip for each in psutil.Process(pid).net_connections() if each.status == "LISTEN")
    return {ip.removeprefix("::ffff:") for ip in found}


def test_a_release_serves_and_says_which_commit_answers(sandbox: Sandbox, name: str, commit: Commit) -> None:
    one = commit()
    sandbox.client.create(manifest(name, one))
    status = sandbox.client.ready(name)
    deployment = f"{name}-default-0-{name}"
    assert status["state"] == "Available"
    assert status["deploymentStatus"] == {deployment: {"replicas": 1, "availableReplicas": 1}}
    assert status["replicas"] == 1
    host = f"{name}-default.{NAMESPACE}"
    assert status["address"] == {"url": f"http://{host}.svc.cluster.local:8000/v2/models/{name}/infer"}
    assert status["serviceStatus"][f"{name}-default"]["httpEndpoint"] == f"{host}:8000"
    assert "observedGeneration" not in status
    answer = sandbox.predict(name, "predict", "predict_proba").json()
    assert (answer["model_name"], answer["model_version"]) == (name, one)
    assert {output["name"]: output["shape"] for output in answer["outputs"]} == {
        "predict": [1, 1],
        "predict_proba": [1, 2],
    }
    passed_on = sandbox.client.sdk.call_api(
        f"/namespaces/{NAMESPACE}/seldondeployments/{name}/predict", "POST",
        body={"inputs": [ROW]}, response_type="object", _return_http_data_only=True,
    )  # fmt: skip
    assert passed_on["model_version"] == one


def test_a_server_is_told_what_seldons_operator_tells_it(sandbox: Sandbox, name: str, commit: Commit) -> None:
    one = commit("telling")
    sandbox.client.create(manifest(name, one))
    sandbox.client.ready(name)
    (pid,) = sandbox.processes(name).values()
    environment = told(pid)
    expected = {
        "MLSERVER_MODEL_NAME": name,
        "MLSERVER_MODEL_IMPLEMENTATION": "mlserver_sklearn.SKLearnModel",
        "MLSERVER_MODEL_VERSION": one,
        "MODEL_COMMIT_HASH": one,
        "PREDICTIVE_UNIT_ID": name,
        "PREDICTOR_ID": "default",
        "SELDON_DEPLOYMENT_ID": name,
        "MLSERVER_HOST": "127.0.0.1",
    }
    assert expected.items() <= environment.items()
    assert (Path(environment["MLSERVER_MODEL_URI"]) / "model.joblib").is_file()
    assert listening(pid) == {"127.0.0.1"}


def test_an_update_loses_no_request_and_ends_the_old_server(
    sandbox: Sandbox, name: str, commit: Commit
) -> None:
    one, two = commit(), commit()
    sandbox.client.create(manifest(name, one))
    sandbox.client.ready(name)
    (old,) = sandbox.processes(name).values()
    answers: Counter[Any] = Counter()
    enough = threading.Event()

    def ask() -> None:
        with httpx.Client(verify=False, timeout=LIMIT) as client:
            while not enough.is_set():
                url = f"{sandbox.ingress}/seldon/{NAMESPACE}/{name}/v2/models/{name}/infer"
                answer = client.post(url, json={"inputs": [ROW]})
                answers[answer.json()["model_version"] if answer.status_code == 200 else answer.text] += 1

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    until(lambda: answers[one])
    sandbox.client.update(manifest(name, two))
    until(lambda: not psutil.pid_exists(old), what="the end of the old server")
    until(lambda: answers[two])
    enough.set()
    for thread in asking:
        thread.join()
    assert answers.keys() == {one, two}
    assert sandbox.client.ready(name)["state"] == "Available"
    assert sandbox.predict(name).json()["model_version"] == two


def test_a_time_limit_holds_where_it_is_said_and_as_long(sandbox: Sandbox, name: str, commit: Commit) -> None:
    """The executor reads the annotations of its pod: those of the spec, and none of the object's."""
    one, two = commit(), commit()
    limited = manifest(name, one)
    limited["spec"]["annotations"] = {"seldon.io/rest-timeout": "1"}
    sandbox.client.create(limited)
    sandbox.client.ready(name)
    with halted(sandbox, name):
        assert sandbox.predict(name).status_code == 504

    elsewhere = manifest(name, two)
    elsewhere["metadata"]["annotations"] = {"seldon.io/rest-timeout": "1"}
    sandbox.client.update(elsewhere)
    until(lambda: two in sandbox.predict(name).text, what="an answer of the new model")
    until(lambda: len(sandbox.processes(name)) == 1)
    with ThreadPoolExecutor() as pool:
        with halted(sandbox, name):
            asked = pool.submit(sandbox.predict, name)
            until(lambda: in_progress(sandbox, name) == 1, what="a request that waits")
        assert asked.result().status_code == 200


@contextmanager
def halted(sandbox: Sandbox, name: str) -> Iterator[None]:
    """The only model server of a deployment answers nothing while the block runs."""
    (pid,) = sandbox.processes(name).values()
    psutil.Process(pid).suspend()
    try:
        yield
    finally:
        psutil.Process(pid).resume()


def in_progress(sandbox: Sandbox, name: str) -> float:
    """How many requests the executor is answering, by its own count."""
    metrics = http("GET", f"{sandbox.ingress}/seldon/{NAMESPACE}/{name}/prometheus").text
    line = next(line for line in metrics.splitlines() if "server_requests_in_progress" in line)
    return float(line.rpartition(" ")[2])


def test_traffic_replicas_and_a_candidate_restart_nothing(
    sandbox: Sandbox, name: str, commit: Commit
) -> None:
    one, two = commit(), commit()
    stable = manifest(name, one)
    sandbox.client.create(stable)
    sandbox.client.ready(name)
    (pid,) = sandbox.processes(name).values()

    canary = copy.deepcopy(stable)
    canary["spec"]["predictors"][0] |= {"traffic": 70}
    canary["spec"]["predictors"].append(a_predictor(name, two, "candidate", traffic=30))
    sandbox.client.update(canary)
    until(lambda: len(sandbox.processes(name)) == 2)
    sandbox.client.ready(name)
    until(lambda: sandbox.predict(name).json()["model_version"] == two, what="the new routes")
    answers = Counter(sandbox.predict(name).json()["model_version"] for _ in range(100))
    assert answers.total() == 100
    assert abs(answers[one] - 70) <= 2  # the round begins anew when routes are written again

    canary["spec"]["predictors"][0]["traffic"] = 10
    canary["spec"]["predictors"][1]["traffic"] = 90
    sandbox.client.update(canary)
    until(lambda: Counter(sandbox.predict(name).json()["model_version"] for _ in range(20))[two] == 18)

    more = manifest(name, one, replicas=2)
    sandbox.client.update(more)
    status = until(lambda: (found := sandbox.client.ready(name))["replicas"] == 2 and found)
    assert list(status["deploymentStatus"].values()) == [{"replicas": 2, "availableReplicas": 2}]
    sandbox.client.update(stable)
    until(lambda: list(sandbox.processes(name).values()) == [pid], what="one server, the first")
    assert sandbox.predict(name).json()["model_version"] == one


def test_a_model_that_does_not_load_leaves_the_old_one_serving(
    sandbox: Sandbox, name: str, commit: Commit
) -> None:
    one = commit()
    sandbox.client.create(manifest(name, one))
    sandbox.client.ready(name)
    broken = manifest(name, one)
    broken["spec"]["predictors"][0]["graph"]["modelUri"] = f"{uri(one)}/no-such-folder"
    sandbox.client.update(broken)
    status = sandbox.client.state(name, "Failed")
    assert "directory not found" in status["description"]
    assert sandbox.predict(name).json()["model_version"] == one
    assert sandbox.client.status(name)["deploymentStatus"] == {
        f"{name}-default-0-{name}": {"replicas": 2, "availableReplicas": 1}
    }
    sandbox.client.update(manifest(name, one))
    until(lambda: sandbox.client.ready(name)["replicas"] == 1)
    assert "description" not in sandbox.client.status(name)


def test_the_servers_own_words_say_why_it_failed(
    sandbox: Sandbox, name: str, commit: Commit, reader: Any
) -> None:
    one = commit()
    (reader.root / "copy_models" / one / "income" / "model.joblib").write_bytes(b"no model")
    sandbox.client.create(manifest(name, one))
    status = sandbox.client.state(name, "Failed")
    assert "KeyError" in status["description"] or "UnpicklingError" in status["description"]
    assert sandbox.predict(name).status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"envSecretRefName": "mine"}, 'CreateContainerConfigError: secret "mine" not found'),
        ({"modelUri": "gs://bucket/model"}, "didn't find section in config file"),
        ({"modelUri": "s3://nobody/model"}, "404 NoSuchBucket"),
        ({"implementation": "TRITON_SERVER"}, "ErrImagePull"),
    ],
)
def test_what_can_never_start_says_so(
    sandbox: Sandbox, name: str, change: dict[str, str], words: str
) -> None:
    impossible = manifest(name, "0" * 32)
    impossible["spec"]["predictors"][0]["graph"] |= change
    sandbox.client.create(impossible)
    status = sandbox.client.state(name, "Failed")
    assert words in status["description"]
    assert f"{NAMESPACE}/{name}" not in starting(sandbox.port)  # whoever waits for it waits in vain


def test_no_replicas_serve_nothing_and_are_never_ready(sandbox: Sandbox, name: str, commit: Commit) -> None:
    one = commit()
    sandbox.client.create(manifest(name, one))
    sandbox.client.ready(name)
    sandbox.client.update(manifest(name, one, replicas=0))
    until(lambda: not sandbox.processes(name), what="the end of the server")
    assert sandbox.client.status(name)["state"] == "Creating"
    assert f"{NAMESPACE}/{name}" not in starting(sandbox.port)
    assert sandbox.predict(name).status_code == 503


def test_a_deleted_deployment_stops_serving(sandbox: Sandbox, name: str, commit: Commit) -> None:
    sandbox.client.create(manifest(name, commit()))
    sandbox.client.ready(name)
    sandbox.client.delete(name)
    until(lambda: sandbox.predict(name).status_code == 404)
    until(lambda: not sandbox.processes(name))


def test_a_server_that_dies_is_started_again(sandbox: Sandbox, name: str, commit: Commit) -> None:
    sandbox.client.create(manifest(name, commit()))
    sandbox.client.ready(name)
    (pid,) = sandbox.processes(name).values()
    with sandbox.no_server_starts():
        os.kill(pid, signal.SIGKILL)
        sandbox.client.state(name, "Creating")
    sandbox.client.ready(name)
    (new,) = sandbox.processes(name).values()
    assert new != pid
    assert sandbox.predict(name).status_code == 200


def test_explainer_and_detectors_run_beside_the_model(sandbox: Sandbox, name: str, commit: Commit) -> None:
    one = commit("model", "explainer", "drift", "outlier")
    explainer = {"type": "AnchorTabular", "modelUri": uri(one, "explainer")}
    sandbox.client.create(manifest(name, one, explainer=explainer))
    paths = {
        kind: f"/namespaces/{NAMESPACE}/seldondeployments/{name}/monitor/{kind}-detector"
        for kind in ("drift", "outlier")
    }
    for kind, path in paths.items():
        body = {"name": f"{name}-{kind}", "config": {"basic": {"storage_uri": uri(one, kind)}}}
        answer = http("POST", f"{sandbox.api}{path}", json=body).json()
        assert (answer["detector_type"], answer["status"]) == (kind, "Creating")
    assert {f"{NAMESPACE}/{each}" for each in (name, f"{name}-drift", f"{name}-outlier")} <= set(
        starting(sandbox.port)
    )
    status = sandbox.client.ready(name)
    assert f"{name}-default-explainer" in status["deploymentStatus"]
    assert status["serviceStatus"][f"{name}-default-explainer"]["explainerFor"] == f"{name}-default"

    model = f"{name}-default-explainer"
    explanation = sandbox.post(f"{name}-explainer/default/v2/models/{model}/infer", {"inputs": [ROW]}).json()
    assert '"anchor"' in explanation["outputs"][0]["data"][0]
    again = [sandbox.post(f"{name}-explainer/default/explain", {"inputs": [ROW]}).json() for _ in range(2)]
    assert "anchor" in again[0]["data"]
    assert (
        again[0] == again[1] == json.loads(explanation["outputs"][0]["data"][0])
    )  # although anchors are sampled

    def available(kind: str) -> bool:
        state = http("GET", f"{sandbox.api}{paths[kind]}/{name}-{kind}").json()["status"]
        assert not state.startswith("Failed"), state
        return bool(state == "Available")

    rows = {**ROW, "shape": [2, 2], "data": [[40.0, 1.0], [400.0, 1.0]]}
    for kind, output in (("drift", "is_drift"), ("outlier", "is_outlier")):
        until(lambda kind=kind: available(kind), what=f"{kind} available")
        answer = sandbox.post(
            f"{name}-detectors/{name}-{kind}/v2/models/{name}-{kind}/infer", {"inputs": [rows]}
        )
        outputs = {each["name"]: each["data"] for each in answer.json()["outputs"]}
        assert outputs[output] == {"drift": [0], "outlier": [0, 1]}[kind]
    for pid in sandbox.processes(name).values():  # none of them needs it, and it takes seconds to start
        assert not any("tensorflow" in each.path for each in psutil.Process(pid).memory_maps())


def test_the_order_of_a_laptop_is_kept(sandbox: Sandbox) -> None:
    """Nothing but the documented paths answers, and nothing listens on the network."""
    for path in ("/", "/ping", "/api/rawdata", "/dashboard/", f"/seldon/{NAMESPACE}/nobody/v2/health/ready"):
        assert http("GET", f"{sandbox.ingress}{path}").status_code == 404
    for pid in [*sandbox.traefik(), sandbox.process.pid if sandbox.process else 0]:
        assert listening(pid) == {"127.0.0.1"}
    assert "ertificate" not in (sandbox.state / "logs" / "traefik.log").read_text()  # it took ours
