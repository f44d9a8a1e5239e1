"""The adapter against a Seldon Deploy: the sandbox's, or the one at RELEASECTL_TEST_SELDON_DEPLOY.

For a real one, RELEASECTL_TEST_SELDON_INGRESS is the URL of its ingress, RELEASECTL_TEST_SELDON_NAMESPACE
names a namespace that may be written to, and RELEASECTL_TEST_SELDON_TOKEN holds a token if it asks for one.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from releasectl.errors import PlatformRefused
from releasectl.model import Missing, Platform
from releasectl.platforms.inference import build_inference
from releasectl.platforms.seldon_deploy import build
from releasectl.ports import Deployment, Detector, Serving
from releasectl.webhook import RULES, violations
from tests.contract.seldon.sandbox import Sandbox
from tests.contract.seldon_adapter.conftest import platform_at

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[3]
REAL = "RELEASECTL_TEST_SELDON_DEPLOY"
NO_GATEWAY = "http://127.0.0.1:9"
BAD = sorted(path for rule in RULES for path in (ROOT / "tests/cases/webhook" / rule).glob("fail*.yaml"))


@dataclass(frozen=True)
class Here:
    """One Seldon Deploy, and a namespace and a name to try things in."""

    serving: Serving
    namespace: str
    name: str

    def live(self) -> Deployment:
        found = self.serving.deployment(self.namespace, self.name)
        assert isinstance(found, Deployment)
        return found

    def manifest(self, **predictor: Any) -> dict[str, Any]:
        resources = {"cpu": "100m", "memory": "256Mi"}
        container = {"name": "income", "resources": {"requests": resources, "limits": resources}}
        graph = {"name": "income", "implementation": "SKLEARN_SERVER", "modelUri": "s3://no-such/income"}
        pods = [{"spec": {"containers": [container]}}]
        return {
            "apiVersion": "machinelearning.seldon.io/v1",
            "kind": "SeldonDeployment",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {
                "protocol": "v2",
                "predictors": [{"name": "default", "graph": graph, "componentSpecs": pods, **predictor}],
            },
        }


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    if url := os.environ.get(REAL):
        ingress_url = os.environ.get("RELEASECTL_TEST_SELDON_INGRESS", url)
        token = "RELEASECTL_TEST_SELDON_TOKEN"
        yield replace(platform_at(url, timeout=30, token_env=token), ingress=ingress_url)
        return
    stand_in = Sandbox(tmp_path_factory.mktemp("seldon") / "state", NO_GATEWAY)
    stand_in.start()
    try:
        url = stand_in.api.partition("/seldon-deploy")[0]
        yield replace(platform_at(url, timeout=5), ingress=stand_in.ingress)
    finally:
        stand_in.end()


@pytest.fixture(scope="module")
def serving(platform: Platform) -> Serving:
    return build(platform)


@pytest.fixture
def here(serving: Serving) -> Iterator[Here]:
    namespace = os.environ.get("RELEASECTL_TEST_SELDON_NAMESPACE", "seldon")
    here = Here(serving, namespace, f"contract-{uuid.uuid4().hex[:8]}")
    yield here
    serving.delete(here.namespace, here.name)


def test_it_has_a_version(serving: Serving) -> None:
    assert serving.version()


def test_what_is_not_there_is_missing_and_may_be_deleted(here: Here) -> None:
    assert isinstance(here.serving.deployment(here.namespace, here.name), Missing)
    assert here.name not in here.serving.deployments(here.namespace)
    assert here.serving.detectors(here.namespace, here.name) == {}
    here.serving.delete(here.namespace, here.name)


def test_what_is_created_is_read_and_listed_as_it_was_sent(here: Here) -> None:
    sent = here.manifest(replicas=1, labels={"model": "5d0c"})
    here.serving.create(here.namespace, sent)
    live = here.live()
    assert live.manifest["spec"] == sent["spec"]
    assert live.manifest["metadata"]["resourceVersion"]
    assert (live.state in ("", "Creating", "Failed"), live.ready) == (True, False)
    assert here.name in here.serving.deployments(here.namespace)
    with pytest.raises(PlatformRefused, match="already exists"):
        here.serving.create(here.namespace, sent)


def test_an_update_replaces_the_spec_and_keeps_the_annotations_of_others(here: Here) -> None:
    first = here.manifest(replicas=1)
    first["metadata"]["annotations"] = {"audit/by": "ann", "releasectl/gone": "x"}
    here.serving.create(here.namespace, first)
    second = here.manifest(replicas=2, traffic=100)
    second["metadata"]["annotations"] = {"releasectl/git-commit": "abc"}
    here.serving.update(here.namespace, second)
    live = here.live()
    assert live.manifest["spec"] == second["spec"]
    annotations = live.manifest["metadata"]["annotations"]
    assert (annotations["audit/by"], annotations["releasectl/git-commit"]) == ("ann", "abc")
    assert "releasectl/gone" not in annotations


def test_an_update_of_nothing_is_refused(here: Here) -> None:
    with pytest.raises(PlatformRefused, match="not found"):
        here.serving.update(here.namespace, here.manifest())


def test_a_field_that_seldon_does_not_know_is_dropped(here: Here) -> None:
    here.serving.create(here.namespace, here.manifest(modelURI="s3://x"))
    assert here.live().manifest["spec"] == here.manifest()["spec"]


@pytest.mark.parametrize("path", BAD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_the_offline_rules_refuse_is_refused_for_the_same_reasons(path: Path, here: Here) -> None:
    case = yaml.safe_load(path.read_text())
    manifest = here.manifest() | {"spec": case["manifest"]["spec"]}
    with pytest.raises(PlatformRefused) as caught:
        here.serving.create(here.namespace, manifest)
    assert isinstance(here.serving.deployment(here.namespace, here.name), Missing)
    if REAL not in os.environ and "predictors" in manifest["spec"]:
        found = violations(manifest)
        assert [problem.what for problem in caught.value.problems] == [each.message for each in found]
        assert [problem.remedy for problem in caught.value.problems] == [each.remedy for each in found]


def test_detectors_come_and_go(here: Here) -> None:
    here.serving.create(here.namespace, here.manifest())
    wanted = [
        Detector(
            kind,
            f"{here.name}-{kind}",
            {
                "name": f"{here.name}-{kind}",
                "config": {
                    "basic": {"storage_uri": f"s3://no-such/{kind}"},
                    "deployment": {"model_name": "income", "protocol": "kfserving.http"},
                },
            },
        )
        for kind in ("drift", "outlier")
    ]
    for detector in wanted:
        here.serving.create_detector(here.namespace, here.name, detector)
    found = here.serving.detectors(here.namespace, here.name)
    assert found.keys() == {detector.name for detector in wanted}
    for detector in wanted:
        live = found[detector.name]
        assert live.body["config"]["basic"]["storage_uri"] == detector.body["config"]["basic"]["storage_uri"]
        assert replace(live, body=None, status="") == replace(detector, body=None)
        here.serving.delete_detector(here.namespace, here.name, detector)
        here.serving.delete_detector(here.namespace, here.name, detector)
    assert here.serving.detectors(here.namespace, here.name) == {}


def test_a_detector_of_nothing_is_refused(here: Here) -> None:
    body = {"name": "x-drift", "config": {"basic": {"storage_uri": "s3://no-such/drift"}}}
    with pytest.raises(PlatformRefused):
        here.serving.create_detector(here.namespace, here.name, Detector("drift", "x-drift", body))


def test_the_ingress_says_that_nothing_is_deployed_there(here: Here, platform: Platform) -> None:
    request = {"inputs": [{"name": "x", "shape": [1, 1], "datatype": "FP64", "data": [1.0]}]}
    with pytest.raises(PlatformRefused, match="404") as caught:
        build_inference(platform).infer(here.namespace, here.name, "income", request)
    assert caught.value.problems[0].where == f"{here.namespace}/{here.name}"
