"""Fields that Seldon would drop, wrong types and absent required fields, each with its path and remedy."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest

from generators import required
from generators.roundtrip import malformed, shape

CONTAINER = {
    "name": "income",
    "env": [{"name": "MODEL_COMMIT_HASH", "value": "5d0c"}],
    "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"cpu": 1, "memory": "1Gi"}},
    "livenessProbe": {"httpGet": {"port": "http", "path": "/live"}, "periodSeconds": 5},
}
NODE = {
    "name": "income",
    "implementation": "SKLEARN_SERVER",
    "modelUri": "s3://models/income",
    "envSecretRefName": "seldon-init-container-secret",
    "logger": {"mode": "all"},
    "children": [],
    "parameters": [{"name": "method", "type": "STRING", "value": "predict"}],
}
GOOD = {
    "apiVersion": "machinelearning.seldon.io/v1",
    "kind": "SeldonDeployment",
    "metadata": {"name": "income", "namespace": "production", "annotations": {"commit": "5d0c"}},
    "spec": {
        "protocol": "v2",
        "predictors": [
            {
                "name": "default",
                "replicas": 1,
                "traffic": 100,
                "shadow": False,
                "labels": {"version": "5d0c"},
                "graph": NODE,
                "componentSpecs": [
                    {"spec": {"containers": [CONTAINER]}, "pdbSpec": {"maxUnavailable": "25%"}},
                    {
                        "spec": {"containers": [{"name": "b"}]},
                        "hpaSpec": {"maxReplicas": 3, "minReplicas": 1},
                    },
                ],
                "explainer": {
                    "type": "AnchorTabular",
                    "modelUri": "s3://models/explainer",
                    "initParameters": "{}",
                    "containerSpec": {"name": "explainer"},
                },
                "svcOrchSpec": {"env": [{"name": "LOG_LEVEL", "value": "info"}]},
            }
        ],
    },
}
P = "spec.predictors[0]"


def changed(path: str, value: object) -> dict[str, Any]:
    """GOOD with the value at a dotted path replaced, or removed where `value` is ABSENT."""
    manifest = copy.deepcopy(GOOD)
    *parents, last = path.replace("[", ".").replace("]", "").split(".")
    here: Any = manifest
    for step in parents:
        here = here[int(step)] if step.isdigit() else here[step]
    if value is ABSENT:
        del here[last]
    else:
        here[int(last) if last.isdigit() else last] = value
    return manifest


ABSENT = object()


def test_a_good_manifest_and_a_good_detector_have_no_fault() -> None:
    assert malformed(GOOD) == []
    detector = {
        "name": "income-drift",
        "config": {
            "basic": {"storage_uri": "s3://models/drift", "drift_batch_size": "100"},
            "deployment": {"model_name": "income", "prom_scraping": True, "user_permission": 8888},
        },
    }
    assert malformed(detector, "DetectorConfigData") == []


@pytest.mark.parametrize(
    ("path", "guess"),
    [
        ("spec.predictor", "did you mean predictors?"),
        (f"{P}.Traffic", "did you mean traffic?"),
        (f"{P}.component_specs", "did you mean componentSpecs?"),
        (f"{P}.graph.modelURI", "did you mean modelUri?"),
        (f"{P}.graph.envSecretRef", "did you mean envSecretRefName?"),
        (f"{P}.explainer.init_parameters", "did you mean initParameters?"),
        (f"{P}.componentSpecs[0].spec.containers[0].resource", "did you mean resources?"),
        (f"{P}.graph.logger.zzz", "remove it; known here: mode, url"),
    ],
)
def test_an_unknown_field_is_named_with_a_guess(path: str, guess: str) -> None:
    (fault,) = malformed(changed(path, "x"))
    assert fault.field == path
    assert "silently drops it" in fault.message
    assert guess in fault.remedy


@pytest.mark.parametrize(
    ("path", "value", "expected", "remedy"),
    [
        (f"{P}.traffic", "100", "an integer", "write an integer"),
        (f"{P}.traffic", True, "an integer", "write an integer"),
        (f"{P}.replicas", 1.5, "an integer", "write an integer"),
        (f"{P}.shadow", "true", "true or false", "write true or false"),
        (f"{P}.labels.version", 1, "text", 'put it in quotes: "1"'),
        (f"{P}.labels.version", True, "text", 'put it in quotes: "true"'),
        ("spec.protocol", 2, "text", 'put it in quotes: "2"'),
        (f"{P}.graph.parameters[0].value", 0.5, "text", 'put it in quotes: "0.5"'),
        (f"{P}.graph.children", {}, "a list", "write a list"),
        (f"{P}.graph", [], "a mapping", "write a mapping"),
        (f"{P}.labels", "x", "a mapping", "write a mapping"),
        (f"{P}.explainer.initParameters", {"a": 1}, "text", "write text"),
        (f"{P}.componentSpecs[0].spec.containers[0].env[0].value", 5, "text", "in quotes"),
        (f"{P}.componentSpecs[0].spec.containers[0].resources.limits.cpu", 0.5, "a quantity", "write"),
        (f"{P}.componentSpecs[0].pdbSpec.maxUnavailable", [], "an integer or text", "write"),
        (f"{P}.componentSpecs[1]", None, "a mapping", "write a mapping"),
        ("metadata", "income", "a mapping", "write a mapping"),
    ],
)
def test_a_wrong_type_is_named_with_what_was_expected(
    path: str, value: object, expected: str, remedy: str
) -> None:
    (fault,) = malformed(changed(path, value))
    assert fault.field == path
    assert fault.message.startswith(f"expected {expected}")
    assert remedy in fault.remedy


@pytest.mark.parametrize(
    "path",
    [
        "apiVersion",
        "kind",
        "metadata",
        "spec",
        "spec.predictors",
        f"{P}.name",
        f"{P}.graph",
        f"{P}.graph.name",
        f"{P}.graph.parameters[0].type",
        f"{P}.graph.parameters[0].value",
        f"{P}.componentSpecs[0].spec.containers",
        f"{P}.componentSpecs[0].spec.containers[0].name",
        f"{P}.componentSpecs[0].spec.containers[0].env[0].name",
        f"{P}.componentSpecs[1].hpaSpec.maxReplicas",
        f"{P}.explainer.containerSpec.name",
    ],
)
@pytest.mark.parametrize("how", [ABSENT, None], ids=["absent", "null"])
def test_a_required_field_is_missed(path: str, how: object) -> None:
    (fault,) = malformed(changed(path, how))
    assert (fault.field, fault.message) == (path, "required field is missing")


def test_an_optional_null_is_read_as_absent() -> None:
    assert malformed(changed(f"{P}.explainer", None)) == []


def test_another_kind_is_refused() -> None:
    assert [each.field for each in malformed(changed("kind", "Deployment"))] == ["kind"]
    assert [each.field for each in malformed(changed("apiVersion", "apps/v1"))] == ["apiVersion"]


@pytest.mark.parametrize("quantity", ["1GB", "1 Gi", "", "-", "0.5.0", "1gi"])
def test_a_quantity_that_kubernetes_cannot_read(quantity: str) -> None:
    path = f"{P}.componentSpecs[0].spec.containers[0].resources.limits.memory"
    assert [each.field for each in malformed(changed(path, quantity))] == [path]


@pytest.mark.parametrize("quantity", ["1", "1.5", ".5", "100m", "1Gi", "2e3", "1E", 3])
def test_a_quantity_that_kubernetes_reads(quantity: object) -> None:
    path = f"{P}.componentSpecs[0].spec.containers[0].resources.limits.memory"
    assert malformed(changed(path, quantity)) == []


def test_children_below_the_tenth_level_are_found_without_endless_recursion() -> None:
    graph: dict[str, Any] = {"name": "leaf"}
    for _ in range(5000):
        graph = {"name": "n", "children": [graph]}
    (fault,) = malformed(changed(f"{P}.graph", graph))
    assert fault.field == f"{P}.graph" + ".children[0]" * 11
    assert malformed(changed(f"{P}.graph", _chain(10))) == []


def _chain(levels: int) -> dict[str, Any]:
    return {"name": "n", "children": [_chain(levels - 1)]} if levels else {"name": "leaf"}


def test_a_field_newer_than_the_crd_is_dropped_too() -> None:
    (fault,) = malformed(changed(f"{P}.componentSpecs[0].spec.hostUsers", True))
    assert "older than this field" in fault.message


@pytest.mark.parametrize("document", [None, [], "x", 3, {}])
def test_no_mapping_at_all_is_a_fault_and_no_traceback(document: object) -> None:
    assert malformed(document)


def test_all_faults_come_at_once() -> None:
    manifest = changed(f"{P}.traffic", "100")
    manifest["spec"]["predictor"] = []
    del manifest["spec"]["predictors"][0]["name"]
    assert len(malformed(manifest)) == 3


def test_the_models_loaded_one_by_one_are_those_of_the_sdk() -> None:
    import seldon_deploy_sdk.models as models

    for kind in {*required.REQUIRED, *required.NEWER_THAN_CRD, *required.OPAQUE, "DetectorData"}:
        model = getattr(models, kind)
        loaded = shape(kind)
        assert set(loaded.fields) == set(model.attribute_map.values())
        assert set(loaded.required) <= set(loaded.fields)
        assert set(required.NEWER_THAN_CRD.get(kind, ())) <= set(loaded.fields)


def test_what_the_sdk_itself_drops_is_what_is_found() -> None:
    """The literal round trip, JSON to model to JSON, agrees on a field that has been misspelt."""
    import seldon_deploy_sdk as sdk

    client = sdk.ApiClient(sdk.Configuration())

    def there_and_back(manifest: dict[str, Any]) -> Any:
        response = type("Response", (), {"data": json.dumps(manifest)})
        return client.sanitize_for_serialization(client.deserialize(response, "SeldonDeployment"))

    flat = changed(f"{P}.componentSpecs", [])  # the SDK turns quantities and enums into empty models
    bad = copy.deepcopy(flat)
    bad["spec"]["predictors"][0]["graph"]["modelURI"] = "s3://other"
    kept = there_and_back(bad)["spec"]["predictors"][0]["graph"]
    assert set(bad["spec"]["predictors"][0]["graph"]) - set(kept) == {"modelURI"}
    assert [each.field for each in malformed(bad)] == [f"{P}.graph.modelURI"]
    assert set(there_and_back(flat)["spec"]["predictors"][0]["graph"]) == set(NODE)


def test_a_thousand_manifests_take_well_under_a_second() -> None:
    malformed(GOOD)
    began = time.process_time()
    for _ in range(1000):
        malformed(GOOD)
    assert time.process_time() - began < 0.8
