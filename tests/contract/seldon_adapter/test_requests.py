"""What goes over the wire to Seldon Deploy, byte for byte, and what is made of its answers."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, urlsplit

import pytest

from releasectl.errors import PlatformRefused
from releasectl.platforms.http_wire import Peer
from releasectl.platforms.seldon_deploy import build
from releasectl.ports import Deployment, Detector
from tests.contract.seldon_adapter.conftest import Reply, Scripted, platform_at

BASE = "/seldon-deploy/api/v1alpha1"
MANIFEST = {
    "apiVersion": "machinelearning.seldon.io/v1",
    "kind": "SeldonDeployment",
    "metadata": {"name": "income", "annotations": {"releasectl/git-commit": "abc123"}},
    "spec": {
        "protocol": "v2",
        "newField": {"kept": None, "list": [1, 2.5, True, "x"]},
        "predictors": [{"name": "default", "graph": {"name": "income", "implementation": "SKLEARN_SERVER"}}],
    },
}


def test_create_sends_the_manifest_verbatim(scripted: Scripted) -> None:
    build(platform_at(scripted.url)).create("production", MANIFEST)
    (seen,) = scripted.seen
    parts = urlsplit(seen.path)
    assert (seen.method, parts.path) == ("POST", f"{BASE}/namespaces/production/seldondeployments")
    assert parse_qs(parts.query) == {"action": ["Created by releasectl"], "message": ["git commit abc123"]}
    assert seen.body == MANIFEST
    assert seen.headers["Content-Type"] == "application/json"


def test_update_adds_the_resource_version_it_is_based_on_and_nothing_else(scripted: Scripted) -> None:
    live = {"metadata": {"name": "income", "resourceVersion": "42", "uid": "u"}, "spec": {}}
    scripted.says(Reply(live), Reply({}))
    build(platform_at(scripted.url)).update("production", MANIFEST)
    read, written = scripted.seen
    assert (read.method, read.path) == ("GET", f"{BASE}/namespaces/production/seldondeployments/income")
    assert (written.method, urlsplit(written.path).path) == ("PUT", read.path)
    assert written.body.pop("metadata") == {**MANIFEST["metadata"], "resourceVersion": "42"}
    assert written.body == {key: value for key, value in MANIFEST.items() if key != "metadata"}


def test_update_carries_over_what_others_wrote_and_drops_what_we_no_longer_say(scripted: Scripted) -> None:
    metadata = {
        "name": "income",
        "resourceVersion": "42",
        "finalizers": ["keep"],
        "labels": {"argocd/instance": "x"},
        "annotations": {
            "audit/by": "ann",
            "releasectl/git-commit": "old",
            "releasectl/gone": "y",
            "seldon.io/rest-timeout": "1",
        },
    }
    scripted.says(Reply({"metadata": metadata}), Reply({}))
    build(platform_at(scripted.url)).update("production", MANIFEST)
    assert scripted.seen[1].body["metadata"] == {
        "name": "income",
        "resourceVersion": "42",
        "finalizers": ["keep"],
        "labels": {"argocd/instance": "x"},
        "annotations": {"audit/by": "ann", "releasectl/git-commit": "abc123"},
    }


def test_update_tries_again_when_only_the_status_was_written_in_between(scripted: Scripted) -> None:
    def live(version: str, **spec: int) -> Reply:
        return Reply(
            {
                "metadata": {"name": "income", "resourceVersion": version},
                "spec": spec,
                "status": {"state": version},
            }
        )

    conflict = Reply({"message": "the object has been modified"}, 409)
    scripted.says(live("1"), conflict, live("2"), Reply({}))
    build(platform_at(scripted.url)).update("production", MANIFEST)
    assert [seen.body["metadata"]["resourceVersion"] for seen in scripted.seen if seen.body] == ["1", "2"]

    scripted.says(live("2"), conflict, live("3", replicas=2))
    with pytest.raises(PlatformRefused, match="has been modified"):
        build(platform_at(scripted.url)).update("production", MANIFEST)


def test_delete(scripted: Scripted) -> None:
    build(platform_at(scripted.url)).delete("production", "income")
    assert scripted.seen[0].method == "DELETE"
    assert urlsplit(scripted.seen[0].path).path == f"{BASE}/namespaces/production/seldondeployments/income"


def test_nothing_is_dropped_of_what_is_live(scripted: Scripted) -> None:
    live = MANIFEST | {"status": {"state": "Creating", "future": [1]}}
    scripted.says(Reply(live))
    found = build(platform_at(scripted.url)).deployment("production", "income")
    assert found == Deployment(live, "Creating", False, "")


@pytest.mark.parametrize(
    ("status", "ready", "description"),
    [
        (None, False, ""),
        ({"state": "Available"}, True, ""),
        ({"state": "Available", "conditions": [{"type": "Ready", "status": "True"}]}, True, ""),
        (
            {
                "state": "Available",
                "conditions": [
                    {"type": "istioVirtualServicesReady", "status": "False", "message": "not written"},
                    {"type": "DeploymentsReady", "status": "True"},
                    {"type": "Ready", "status": "False"},
                ],
            },
            False,
            "istioVirtualServicesReady: not written",
        ),
        ({"state": "Failed", "description": "no bucket", "conditions": [None]}, False, "no bucket"),
        ({"state": "Creating", "conditions": [{"type": "Ready", "status": "True"}]}, False, ""),
    ],
)
def test_ready_needs_the_state_and_the_routes(
    status: object, ready: bool, description: str, scripted: Scripted
) -> None:
    scripted.says(Reply({"items": [MANIFEST | {"status": status}]}))
    found = build(platform_at(scripted.url)).deployments("production")["income"]
    assert (found.ready, found.description) == (ready, description)


def test_a_namespace_without_deployments(scripted: Scripted) -> None:
    scripted.says(Reply({"items": None}))
    assert build(platform_at(scripted.url)).deployments("production") == {}


def test_detectors_of_both_kinds(scripted: Scripted) -> None:
    config = {"basic": {"storage_uri": "s3://c.master.copy_models/income/drift", "new": 1}}
    listed = {"name": "income-drift", "namespace": "production", "config": config, "status": "Available"}
    scripted.says(Reply([listed]), Reply(None), Reply({}), Reply({}), Reply({}))
    serving = build(platform_at(scripted.url))
    drift = Detector("drift", "income-drift", {"name": "income-drift", "config": config}, "Available")
    assert serving.detectors("production", "income") == {"income-drift": drift}
    serving.create_detector("production", "income", drift)
    serving.delete_detector("production", "income", drift)
    monitor = f"{BASE}/namespaces/production/seldondeployments/income/monitor"
    assert [(seen.method, seen.path) for seen in scripted.seen] == [
        ("GET", f"{monitor}/drift-detector"),
        ("GET", f"{monitor}/outlier-detector"),
        ("POST", f"{monitor}/drift-detector"),
        ("DELETE", f"{monitor}/drift-detector/income-drift"),
    ]
    assert scripted.seen[2].body == drift.body


def test_version(scripted: Scripted) -> None:
    scripted.says(Reply({"BuildVersion": "2.4.0", "GitCommit": "c"}))
    assert build(platform_at(f"{scripted.url}{BASE}/")).version() == "2.4.0"
    assert scripted.seen[0].path == f"{BASE}/version"


def test_the_token_is_read_from_its_variable(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "secret\n")
    scripted.says(Reply({"BuildVersion": "1"}))
    build(platform_at(scripted.url, token_env="DEPLOY_TOKEN")).version()
    build(platform_at(scripted.url)).version()
    assert [seen.headers.get("Authorization") for seen in scripted.seen] == ["Bearer secret", None]


def test_one_connection_serves_many_requests_and_an_idle_one_is_dropped(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.says(Reply({"BuildVersion": "1"}))
    serving = build(platform_at(scripted.url))
    for _ in range(5):
        serving.version()
    assert len(scripted.connections) == 1
    monkeypatch.setattr("releasectl.platforms.http_line.IDLE_SECONDS", 0.0)
    serving.version()
    assert len(scripted.connections) == 2


def test_the_sdk_leaves_no_log_handler_behind(scripted: Scripted) -> None:
    before = {name: list(logging.getLogger(name).handlers) for name in ("urllib3", "seldon_deploy_sdk")}
    scripted.says(Reply({"BuildVersion": "1"}))
    for _ in range(3):
        build(platform_at(scripted.url)).version()
    assert before == {name: logging.getLogger(name).handlers for name in before}


@pytest.mark.parametrize(
    ("url", "no_proxy", "expected"),
    [
        ("http://127.0.0.1:8004", "", None),
        ("http://localhost:8004", "", None),
        ("https://seldon.example", "", "http://proxy:3128"),
        ("https://seldon.example", "seldon.example", None),
    ],
)
def test_a_proxy_is_used_for_the_network_only(
    url: str, no_proxy: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy:3128")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, no_proxy)
    assert Peer("x", url, "/x", platform_at(url)).proxy == expected
