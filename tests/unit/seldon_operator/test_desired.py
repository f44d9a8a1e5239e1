"""From a manifest to workloads and rules: names, revisions, replicas, and what can never run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releasectl.sandbox.seldon import desired
from releasectl.sandbox.seldon.store import StoredDetector
from releasectl.sandbox.seldon.values import Commitment, Kind, Rule, Server, Unit, Workload, servers
from tests.unit.seldon_operator.manifests import INGRESS, changed, explained, manifest, predictor


def unit_of(document: dict[str, Any]) -> Unit:
    return desired.deployment(document, INGRESS)


def workload(document: dict[str, Any], kind: Kind = Kind.MODEL) -> Workload:
    return next(each for each in unit_of(document).workloads if each.kind is kind)


def test_names_are_those_of_seldons_operator() -> None:
    model, explainer = unit_of(manifest(explained())).workloads
    assert (model.name, model.service) == ("income-default-0-income", "income-default")
    assert (explainer.name, explainer.service) == ("income-default-explainer", "income-default-explainer")
    assert explainer.containers[0].model == "income-default-explainer"
    named = explained(containerSpec={"name": "why"})
    assert workload(manifest(named), Kind.EXPLAINER).containers[0].model == "why"
    long = changed(manifest(), "metadata.name", "x" * 50)
    assert workload(long).name.startswith("seldon-")


@given(traffic=st.integers(0, 100), replicas=st.integers(0, 5), seed=st.text())
def test_traffic_replicas_and_explainer_leave_the_model_alone(traffic: int, replicas: int, seed: str) -> None:
    new = explained(traffic=traffic, replicas=replicas, initParameters=json.dumps({"seed": seed}))
    assert workload(manifest(new)).revision == workload(manifest()).revision


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.predictors.0.labels", {"a": "b"}),
        ("spec.predictors.0.annotations", {"a": "b"}),
        ("spec.predictors.0.graph.modelUri", "s3://other/income"),
        ("spec.predictors.0.graph.logger", {"mode": "all"}),
        ("spec.predictors.0.componentSpecs.0.spec.containers.0.env", [{"name": "A", "value": "b"}]),
        ("spec.predictors.0.componentSpecs.0.replicas", 2),
        ("spec.predictors.0.shadow", True),
        ("spec.annotations", {"a": "b"}),
    ],
)
def test_any_other_change_of_a_predictor_makes_a_revision(path: str, value: Any) -> None:
    assert workload(changed(manifest(), path, value)).revision != workload(manifest()).revision


def test_annotations_of_the_object_make_none() -> None:
    annotated = changed(manifest(), "metadata.annotations", {"releasectl/git-commit": "a"})
    assert unit_of(annotated) == unit_of(manifest())


def test_what_the_operator_looks_up_there_makes_one() -> None:
    annotated = changed(manifest(), "metadata.annotations", {"seldon.io/executor-logger-queue-size": "7"})
    settings = json.loads(workload(annotated).containers[-1].settings)
    assert settings["queue"] == 7
    assert workload(annotated).revision != workload(manifest()).revision


def test_the_executor_reads_its_time_limit_in_its_pod() -> None:
    """Which has the annotations of the spec, and not those of the object."""
    limit = {"seldon.io/rest-timeout": "2000"}
    annotated = changed(manifest(), "metadata.annotations", limit)
    assert unit_of(annotated) == unit_of(manifest())
    said = workload(changed(manifest(), "spec.annotations", limit))
    assert json.loads(said.containers[-1].settings)["timeout"] == 2
    assert said.revision != workload(manifest()).revision


def test_an_explainer_goes_with_the_very_revision_of_its_model() -> None:
    before, after = (
        manifest(explained()),
        changed(manifest(explained()), "spec.predictors.0.labels", {"a": "b"}),
    )
    assert workload(before, Kind.EXPLAINER).revision != workload(after, Kind.EXPLAINER).revision
    extra = json.loads(dict(workload(before, Kind.EXPLAINER).containers[0].env)["MLSERVER_MODEL_EXTRA"])
    revision = workload(before).revision[:10]
    assert extra == {
        "explainer_type": "anchor_tabular",
        "infer_uri": f"{INGRESS}/.sandbox/services/credit/income-default/{revision}/v2/models/income/infer",
        "infer_output": "predict",
    }
    more = manifest(explained(replicas=3))
    assert workload(more, Kind.EXPLAINER).revision == workload(before, Kind.EXPLAINER).revision


@pytest.mark.parametrize(
    ("document", "model", "explainer"),
    [
        (manifest(explained()), 1, 1),
        (manifest(explained(replicas=2), replicas=3), 3, 2),
        (manifest({**explained(), "replicas": 4}, replicas=3), 4, 1),
        (manifest({**explained(replicas=2), "replicas": 0}), 0, 0),
        (manifest(explained(replicas=2), replicas=0), 0, 0),
        (changed(manifest(explained()), "spec.predictors.0.componentSpecs.0.replicas", 2), 2, 1),
        (
            changed(manifest(explained()), "spec.predictors.0.componentSpecs.0.hpaSpec", {"maxReplicas": 9}),
            1,
            1,
        ),
    ],
)
def test_the_most_particular_replicas_hold(document: dict[str, Any], model: int, explainer: int) -> None:
    assert [each.replicas for each in unit_of(document).workloads] == [model, explainer]


def test_what_the_manifest_sets_wins_over_the_operator() -> None:
    env = [
        {"name": "MLSERVER_MODEL_VERSION", "value": "c0ffee"},
        {"name": "MODEL_COMMIT_HASH", "value": "c0ffee"},
    ]
    document = changed(manifest(), "spec.predictors.0.componentSpecs.0.spec.containers.0.env", env)
    found = dict(workload(document).containers[0].env)
    assert (found["MLSERVER_MODEL_VERSION"], found["MODEL_COMMIT_HASH"]) == ("c0ffee", "c0ffee")
    assert dict(workload(manifest()).containers[0].env)["MLSERVER_MODEL_VERSION"] == "v1"


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, "income", ""),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}, "credit", ""),
        ({"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}, None, 'CreateContainerConfigError: "s"'),
    ],
)
def test_variables_from_elsewhere(variable: dict[str, Any], value: str | None, problem: str) -> None:
    path = "spec.predictors.0.componentSpecs.0.spec.containers.0.env"
    container = workload(changed(manifest(), path, [{"name": "A", **variable}])).containers[0]
    assert dict(container.env).get("A") == value
    assert container.problem.startswith(problem)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("spec.protocol", "seldon", "speaks v2"),
        ("spec.predictors.0.graph.children", [{"name": "b", "implementation": "SKLEARN_SERVER"}], "executor"),
        ("spec.predictors.0.graph.name", "In_come", "cannot name a container"),
        ("spec.predictors.0.graph.name", "x" * 60, "over 63"),
        ("metadata.name", "in.come", "cannot name the SeldonDeployment"),
    ],
)
def test_what_cannot_be_realised_is_a_unit_with_a_problem(path: str, value: Any, words: str) -> None:
    unit = unit_of(changed(manifest(), path, value))
    assert words in unit.problem
    assert unit.workloads == ()


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("graph.envSecretRefName", "mine", 'secret "mine" not found'),
        ("graph.implementation", "MLFLOW_SERVER", "implementation MLFLOW_SERVER cannot run"),
        ("explainer.envSecretRefName", "mine", 'secret "mine" not found'),
        ("explainer.type", "ALE", "no runtime"),
        ("explainer.initParameters", "{", "not JSON"),
    ],
)
def test_what_cannot_start_is_a_container_with_a_problem(path: str, value: Any, words: str) -> None:
    unit = unit_of(changed(manifest(explained()), f"spec.predictors.0.{path}", value))
    assert [words in each.containers[0].problem for each in unit.workloads].count(True) == 1


def test_a_container_of_ones_own_cannot_run() -> None:
    document = manifest()
    document["spec"]["predictors"][0]["graph"] = {"name": "income", "type": "MODEL"}
    assert "ErrImagePull: image (none)" in workload(document).containers[0].problem


def test_the_rules_of_one_predictor() -> None:
    assert unit_of(manifest(explained())).rules == (
        Rule("/seldon/credit/income", (("credit/income-default", 100),)),
        Rule("/seldon/credit/income-explainer/default", (("credit/income-default-explainer", 100),)),
    )


@given(share=st.integers(0, 100))
def test_the_weights_of_a_canary_are_its_traffic(share: int) -> None:
    canary = manifest(predictor(traffic=100 - share), predictor("candidate", traffic=share))
    (rule,) = unit_of(canary).rules
    assert rule.targets == (("credit/income-default", 100 - share), ("credit/income-candidate", share))


@pytest.mark.parametrize(("traffic", "percent"), [(None, 100), (0, 100), (1, 1), (100, 100)])
def test_a_shadow_with_no_share_mirrors_all(traffic: int | None, percent: int) -> None:
    fields = {} if traffic is None else {"traffic": traffic}
    (rule,) = unit_of(manifest(predictor(traffic=40), predictor("shadow", shadow=True, **fields))).rules
    assert rule.targets == (("credit/income-default", 100),)
    assert rule.mirrors == (("credit/income-shadow", percent),)


def test_a_detector_is_a_unit_of_its_own() -> None:
    basic = {"storage_uri": "s3://c.master.r/income/drift"}
    unit = desired.detector(
        StoredDetector("credit", "income", "drift", "income-drift", {"config": {"basic": basic}})
    )
    assert unit.id == "credit/income/drift/income-drift"
    assert unit.rules[0].prefix == "/seldon/credit/income-detectors/income-drift"
    assert unit.workloads[0].name == "income-drift-detector"
    assert unit.workloads[0].containers[0].model == "income-drift"


def test_values_survive_the_store() -> None:
    unit = unit_of(manifest({**explained(replicas=2), "replicas": 2}))
    for server in servers(unit):
        assert Server.load(json.loads(json.dumps(server.dump()))) == server
    commitment = Commitment.of(unit)
    assert Commitment.load(json.loads(json.dumps(commitment.dump()))) == commitment
    assert (
        len({server.key for server in servers(unit)}) == 6
    )  # an executor for each of two models, and two explainers
