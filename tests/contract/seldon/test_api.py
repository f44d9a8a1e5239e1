"""The API through the SDK: against the sandbox, or the Seldon Deploy at RELEASECTL_TEST_SELDON_DEPLOY.

For a real one, RELEASECTL_TEST_SELDON_NAMESPACE names a namespace that may be written to. No model is loaded.
"""

from __future__ import annotations

import copy
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import seldon_deploy_sdk as sdk

from tests.contract.seldon.sandbox import NAMESPACE, Client, http, manifest

pytestmark = pytest.mark.processes
REAL = os.environ.get("RELEASECTL_TEST_SELDON_DEPLOY")
sandbox_only = pytest.mark.skipif(REAL is not None, reason="a choice of the sandbox, not of Seldon Deploy")


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Client:
    if REAL:
        base = REAL.rstrip("/").removesuffix("/seldon-deploy/api/v1alpha1")
        namespace = os.environ.get("RELEASECTL_TEST_SELDON_NAMESPACE", "seldon")
        return Client(f"{base}/seldon-deploy/api/v1alpha1", namespace)
    found = request.getfixturevalue("sandbox").client
    assert isinstance(found, Client)
    return found


@pytest.fixture
def thing(client: Client) -> Iterator[dict[str, Any]]:
    """A manifest that is not there yet, and not any more after the test."""
    new = manifest(f"t{uuid.uuid4().hex[:8]}", "0" * 32)
    new["metadata"]["namespace"] = client.namespace
    yield new
    with suppress(sdk.rest.ApiException):  # it may be gone
        client.delete(new["metadata"]["name"])


def refusal(code: int, *arguments: Any) -> dict[str, Any]:
    """The body of the answer with which a call is refused."""
    call, *rest = arguments
    with pytest.raises(sdk.rest.ApiException) as caught:
        call(*rest)
    assert caught.value.status == code, caught.value.body
    return dict(json.loads(caught.value.body))


def test_what_is_created_is_stamped_read_listed_and_deleted(client: Client, thing: dict[str, Any]) -> None:
    name = thing["metadata"]["name"]
    created = client.create(thing)
    assert created.metadata.generation == 1
    assert created.metadata.uid
    assert created.metadata.creation_timestamp
    assert created.metadata.resource_version
    live = client.read(name)
    assert live["spec"] == thing["spec"]
    assert live["apiVersion"] == "machinelearning.seldon.io/v1"
    listed = client.deployments.list_seldon_deployments(client.namespace)
    assert name in [each.metadata.name for each in listed.items]
    assert "already exists" in refusal(409, client.create, thing)["message"]
    client.delete(name)
    assert "not found" in refusal(404, client.read, name)["message"]
    refusal(404, client.delete, name)
    refusal(404, client.update, thing)


def test_a_generation_counts_changes_of_the_spec_only(client: Client, thing: dict[str, Any]) -> None:
    first = client.create(thing).metadata
    thing["metadata"]["annotations"] = {"team": "credit"}
    second = client.update(thing).metadata
    assert (second.generation, second.uid) == (1, first.uid)
    assert second.annotations == {"team": "credit"}
    thing["spec"]["predictors"][0]["replicas"] = 2
    assert client.update(thing).metadata.generation == 2


@sandbox_only
def test_an_update_that_changes_nothing_writes_nothing(client: Client, thing: dict[str, Any]) -> None:
    client.create(thing)
    client.state(thing["metadata"]["name"], "Failed")  # so that the operator writes no more
    before = client.read(thing["metadata"]["name"])
    client.update(thing)
    assert client.read(thing["metadata"]["name"]) == before


def test_an_update_of_what_has_changed_meanwhile_is_a_conflict(client: Client, thing: dict[str, Any]) -> None:
    stale = client.create(thing).metadata.resource_version
    thing["metadata"]["labels"] = {"a": "b"}
    client.update(thing)
    thing["metadata"] |= {"resourceVersion": stale, "labels": {"a": "c"}}
    assert "modified" in refusal(409, client.update, thing)["message"]


def test_unknown_fields_and_a_status_are_dropped_without_a_word(
    client: Client, thing: dict[str, Any]
) -> None:
    expected = copy.deepcopy(thing["spec"])
    thing["spec"]["nonsense"] = 1
    thing["spec"]["predictors"][0]["modelURI"] = "s3://elsewhere"
    thing["spec"]["predictors"][0]["graph"]["parameters"] = None
    thing["status"] = {"state": "Available", "description": "so it says"}
    client.create(thing)
    live = client.read(thing["metadata"]["name"])
    assert live["spec"] == expected
    assert (live.get("status") or {}).get("description") != "so it says"


def test_every_violation_is_told_at_once(client: Client, thing: dict[str, Any]) -> None:
    thing["spec"]["protocol"] = "v3"
    thing["spec"]["transport"] = "pigeon"
    thing["spec"]["predictors"][0] |= {"traffic": 50}
    body = refusal(422, client.create, thing)
    assert (body["kind"], body["reason"], body["code"]) == ("Status", "Invalid", 422)
    fields = [cause["field"] for cause in body["details"]["causes"]]
    assert fields == ["spec.protocol", "spec.transport", "spec.predictors[0].traffic"]
    refusal(404, client.read, thing["metadata"]["name"])


def test_a_wrong_type_is_told_with_its_place(client: Client, thing: dict[str, Any]) -> None:
    thing["spec"]["predictors"][0]["replicas"] = "two"
    (cause,) = refusal(422, client.create, thing)["details"]["causes"]
    assert cause["field"] == "spec.predictors[0].replicas"


def test_a_refused_update_leaves_what_is_there(client: Client, thing: dict[str, Any]) -> None:
    client.create(thing)
    worse = copy.deepcopy(thing)
    worse["spec"]["predictors"] = []
    refusal(422, client.update, worse)
    assert client.read(thing["metadata"]["name"])["spec"] == thing["spec"]


@pytest.mark.parametrize("name", ["Income", "in/come", "-income", ""])
def test_a_name_that_cannot_be_is_refused(client: Client, thing: dict[str, Any], name: str) -> None:
    refusal(422, client.create, {**thing, "metadata": {"name": name, "namespace": client.namespace}})


def test_names_of_path_and_body_must_agree(client: Client, thing: dict[str, Any]) -> None:
    client.create(thing)
    other = {**thing, "metadata": {**thing["metadata"], "namespace": "elsewhere"}}
    refusal(400, client.create, other)
    name, body = thing["metadata"]["name"], {**thing, "metadata": {"name": "another"}}
    refusal(400, client.deployments.update_seldon_deployment, name, client.namespace, body)


@sandbox_only
def test_validation_with_a_body_says_what_creation_would(client: Client, thing: dict[str, Any]) -> None:
    url = f"{client.api}/namespaces/{client.namespace}/seldondeployments/validate"
    assert http("GET", url, json=thing).json()["code"] == 200
    thing["spec"]["protocol"] = "v3"
    assert http("GET", url, json=thing).status_code == 422
    call = client.deployments.validate_seldon_deployment  # the SDK sends no body with a GET
    refusal(400, call, client.namespace, thing)


@sandbox_only
@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", f"/namespaces/{NAMESPACE}/seldondeployments", b"{", 400),
        ("POST", f"/namespaces/{NAMESPACE}/seldondeployments", b"[]", 400),
        ("POST", f"/namespaces/{NAMESPACE}/seldondeployments", b" " * (4 << 20), 413),
        ("POST", f"/namespaces/{NAMESPACE}/seldondeployments", b'{"metadata": 3}', 400),
        ("POST", "/namespaces/Not%20One/seldondeployments", b"{}", 404),
        ("PATCH", f"/namespaces/{NAMESPACE}/seldondeployments/x", b"{}", 405),
        ("GET", "/model/metadata", b"", 501),
        ("GET", f"/namespaces/{NAMESPACE}/seldondeployments/", b"", 501),
    ],
)
def test_every_other_answer_is_an_error_in_json(
    client: Client, method: str, path: str, body: bytes, code: int
) -> None:
    answer = http(method, f"{client.api}{path}", content=body)
    assert answer.status_code == code
    assert answer.json()["code"] == code
    assert answer.json()["message"]
    assert answer.json()["requestId"]
    assert http("GET", client.api.removesuffix("/api/v1alpha1")).json()["code"] == 404


def test_what_it_says_of_itself(client: Client) -> None:
    environment = sdk.EnvironmentApi(client.sdk)
    assert environment.read_version().build_version
    assert environment.read_user()
    assert environment.read_health_check()
    assert environment.read_cluster() is not None


@pytest.mark.parametrize(
    ("api", "kind"), [(sdk.DriftDetectorApi, "drift"), (sdk.OutlierDetectorApi, "outlier")]
)
def test_detectors_are_created_read_listed_and_deleted(
    client: Client, thing: dict[str, Any], api: Any, kind: str
) -> None:
    def call(verb: str, *arguments: Any) -> Any:
        method = getattr(api(client.sdk), f"{verb}_{kind}_detector_seldon_deployment")
        return method(name, client.namespace, *arguments)

    name = thing["metadata"]["name"]
    detector = f"{name}-{kind}"
    body = {
        "name": detector,
        "config": {
            "basic": {"storage_uri": "s3://no-such/detector", "drift_batch_size": "100"},
            "deployment": {"model_name": detector, "protocol": "kfserving.http"},
        },
    }
    refusal(404, call, "create", body)
    client.create(thing)
    created = call("create", body)
    assert (created.name, created.namespace, created.detector_type) == (detector, client.namespace, kind)
    assert created.deployment_name == name
    assert created.config.basic.storage_uri == "s3://no-such/detector"
    assert call("read", detector).config.basic.drift_batch_size == "100"
    assert [each.name for each in call("list")] == [detector]
    refusal(409, call, "create", body)
    assert call("delete", detector).message
    assert call("list") == []
    refusal(404, call, "read", detector)
    refusal(404, call, "delete", detector)


@sandbox_only
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "x", "config": {"basic": {}}},
        {"name": "x", "config": {"basic": {"storage_uri": 3}}},
        {"name": "X/..", "config": {"basic": {"storage_uri": "s3://bucket/x"}}},
    ],
)
def test_a_detector_that_cannot_be_is_refused(
    client: Client, thing: dict[str, Any], body: dict[str, Any]
) -> None:
    client.create(thing)
    api, name = sdk.DriftDetectorApi(client.sdk), thing["metadata"]["name"]
    call = api.create_drift_detector_seldon_deployment
    assert refusal(400, call, name, client.namespace, body)["message"]


@sandbox_only
def test_detectors_go_with_their_deployment(client: Client, thing: dict[str, Any]) -> None:
    api, name = sdk.DriftDetectorApi(client.sdk), thing["metadata"]["name"]
    client.create(thing)
    body = {"name": f"{name}-drift", "config": {"basic": {"storage_uri": "s3://no-such/detector"}}}
    api.create_drift_detector_seldon_deployment(name, client.namespace, body)
    client.delete(name)
    client.create(thing)
    assert api.list_drift_detector_seldon_deployment(name, client.namespace) == []


@sandbox_only
def test_a_prediction_of_nothing_is_not_found(client: Client, thing: dict[str, Any]) -> None:
    predict, name = sdk.PredictApi(client.sdk).predict_seldon_deployment, thing["metadata"]["name"]
    refusal(404, predict, name, client.namespace, {})
    client.create(thing)
    explain = sdk.ExplainApi(client.sdk).explain_seldon_deployment
    assert "no explainer" in refusal(404, explain, client.namespace, name)["message"]
