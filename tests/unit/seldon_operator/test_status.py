"""The status as Seldon's operator writes it, from what the pods do."""

from __future__ import annotations

from typing import Any

import pytest

from releasectl.sandbox.seldon import desired
from releasectl.sandbox.seldon.status import Pods, status
from tests.unit.seldon_operator.manifests import INGRESS, changed, explained, manifest

MODEL, EXPLAINER = "income-default-0-income", "income-default-explainer"
UP, ROLLING, STARTING = Pods(1, 1, 1), Pods(2, 1, 0), Pods(1, 0, 0)


def status_of(
    document: dict[str, Any], model: Pods = UP, explainer: Pods = UP, routed: bool = True, now: str = "t1"
) -> dict[str, Any]:
    unit = desired.deployment(document, INGRESS)
    return status(document, unit, {MODEL: model, EXPLAINER: explainer}, routed, now)


def conditions(found: dict[str, Any]) -> dict[str, str]:
    return {each["type"]: each["status"] for each in found["conditions"]}


@pytest.mark.parametrize(
    ("model", "explainer", "routed", "state", "ready"),
    [
        (UP, UP, True, "Available", "True"),
        (UP, UP, False, "Available", "False"),
        (UP, STARTING, True, "Creating", "False"),
        (ROLLING, UP, True, "Creating", "False"),
        (Pods(2, 1, 0, "it broke"), UP, True, "Failed", "False"),
    ],
)
def test_state_and_readiness(model: Pods, explainer: Pods, routed: bool, state: str, ready: str) -> None:
    found = status_of(manifest(explained()), model, explainer, routed)
    assert (found["state"], conditions(found)["Ready"]) == (state, ready)
    assert conditions(found)["istioVirtualServicesReady"] == ready
    assert len(conditions(found)) == 8


def test_what_go_leaves_out_is_left_out() -> None:
    found = status_of(manifest(explained()), STARTING)
    assert found["deploymentStatus"] == {
        MODEL: {"replicas": 1},
        EXPLAINER: {"replicas": 1, "availableReplicas": 1},
    }
    assert "description" not in found
    assert "observedGeneration" not in found


def test_addresses_and_services() -> None:
    found = status_of(manifest(explained()))
    assert (
        found["address"]["url"]
        == "http://income-default.credit.svc.cluster.local:8000/v2/models/income/infer"
    )
    assert found["serviceStatus"] == {
        "income-default": {
            "svcName": "income-default",
            "httpEndpoint": "income-default.credit:8000",
            "grpcEndpoint": "income-default.credit:5001",
        },
        "income-default-explainer": {
            "svcName": "income-default-explainer",
            "httpEndpoint": "income-default-explainer.credit:9000",
            "explainerFor": "income-default",
        },
    }


def test_no_replicas_are_not_available() -> None:
    assert status_of(manifest(explained(), replicas=0), Pods(), Pods())["state"] == "Creating"


def test_a_failure_is_told_in_words() -> None:
    found = status_of(manifest(explained()), explainer=Pods(1, 0, 0, "no module named alibi"))
    assert found["description"] == f"{EXPLAINER}: no module named alibi"
    problem = status_of(changed(manifest(), "spec.protocol", "seldon"))
    assert (problem["state"], "deploymentStatus" in problem) == ("Failed", False)
    assert "speaks v2" in problem["description"]


def test_a_transition_has_the_time_when_it_was_seen() -> None:
    document = manifest(explained())
    document["status"] = status_of(document, STARTING, now="t1")
    assert status_of(document, STARTING, now="t2") == document["status"]
    later = {each["type"]: each["lastTransitionTime"] for each in status_of(document, now="t2")["conditions"]}
    assert (later["Ready"], later["DeploymentsReady"], later["HpasReady"]) == ("t2", "t2", "t1")
