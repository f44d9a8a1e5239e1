"""Model, explainer and detectors of one commit go live together, and back together, under requests to all."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from releasectl.platforms.request_log import build_request_log
from releasectl.ports import Endpoint, LoggedCall
from releasectl.sandbox.deployed import starting
from tests.contract.seldon.conftest import Commit
from tests.contract.seldon.sandbox import LIMIT, NAMESPACE, ROW, Sandbox, http, logging_manifest, until, uri
from tests.contract.seldon_adapter.conftest import platform_at

pytestmark = pytest.mark.processes
KINDS = ("drift", "outlier")
Answer = tuple[str, float, float, str]  # who was asked, when, until when, the commit that answered


def release(sandbox: Sandbox, name: str, commit: str, *, update: bool = True) -> None:
    """The calls of an apply: the deployment, then its detectors, each deleted and created."""
    write = sandbox.client.update if update else sandbox.client.create
    write(
        logging_manifest(
            name, commit, explainer={"type": "AnchorTabular", "modelUri": uri(commit, "explainer")}
        )
    )
    for kind in KINDS:
        replace_detector(sandbox, name, kind, commit)


def replace_detector(sandbox: Sandbox, name: str, kind: str, commit: str) -> None:
    path = f"{sandbox.api}/namespaces/{NAMESPACE}/seldondeployments/{name}/monitor/{kind}-detector"
    http("DELETE", f"{path}/{name}-{kind}")
    body = {"name": f"{name}-{kind}", "config": {"basic": {"storage_uri": uri(commit, kind)}}}
    assert http("POST", path, json=body).status_code == 200


def switched(sandbox: Sandbox, name: str, commit: str) -> None:
    until(lambda: sandbox.predict(name).json()["model_version"] == commit, what="the switch")
    sandbox.client.ready(name)


@contextmanager
def hammering(sandbox: Sandbox, name: str) -> Iterator[list[Answer]]:
    """Everybody is asked all the time; what is no answer is a failure with the empty commit."""
    explainer = f"{name}-default-explainer"
    paths = {"model": f"{name}/v2/models/{name}/infer"}
    paths["explainer"] = f"{name}-explainer/default/v2/models/{explainer}/infer"
    paths |= {kind: f"{name}-detectors/{name}-{kind}/v2/models/{name}-{kind}/infer" for kind in KINDS}
    answers: list[Answer] = []
    enough = threading.Event()

    def ask(who: str, path: str) -> None:
        with httpx.Client(verify=False, timeout=LIMIT) as client:
            while not enough.is_set():
                began = time.monotonic()
                answer = client.post(f"{sandbox.ingress}/seldon/{NAMESPACE}/{path}", json={"inputs": [ROW]})
                version = answer.json()["model_version"] if answer.status_code == 200 else ""
                answers.append((who, began, time.monotonic(), version))
                enough.wait(0.01)

    threads = [threading.Thread(target=ask, args=each) for each in paths.items()]
    for thread in threads:
        thread.start()
    yield answers
    enough.set()
    for thread in threads:
        thread.join()


def in_lockstep(answers: list[Answer], old: str, new: str) -> None:
    """Once anybody has answered as `new`, nobody who is asked after that answers as `old`."""
    assert {version for *_, version in answers} == {old, new}
    first = min(done for _, _, done, version in answers if version == new)
    late = [(who, sent - first) for who, sent, _, version in answers if version == old and sent > first]
    assert not late


def test_everything_of_a_commit_goes_live_together_and_back(
    sandbox: Sandbox, name: str, commit: Commit
) -> None:
    one, two = (commit("model", "explainer", *KINDS) for _ in range(2))
    release(sandbox, name, one, update=False)
    sandbox.client.ready(name)
    for old, new in ((one, two), (two, one)):
        with hammering(sandbox, name) as answers:
            until(lambda answers=answers: len({who for who, *_ in answers}) == 4)
            release(sandbox, name, new)
            switched(sandbox, name, new)
        in_lockstep(answers, old, new)
    log = build_request_log(platform_at(sandbox.api.partition("/seldon-deploy")[0], timeout=10))

    def judged() -> list[LoggedCall]:
        found = log.calls(NAMESPACE, name, Endpoint("default", name))
        return [each for each in found if isinstance(each.outlier, dict) and isinstance(each.response, dict)]

    until(lambda: two in {each.response["model_version"] for each in judged()}, what="a verdict on the new")
    for each in judged():
        assert each.outlier["meta"]["model_version"] == each.response["model_version"]


def test_a_model_waits_for_its_detectors(sandbox: Sandbox, name: str, commit: Commit) -> None:
    """As after the death of an apply between two of its calls."""
    one, two = (commit("model", "drift") for _ in range(2))
    sandbox.client.create(logging_manifest(name, one))
    replace_detector(sandbox, name, "drift", one)
    sandbox.client.ready(name)
    until(lambda: detector(sandbox, name)["status"] == "Available")
    sandbox.client.update(logging_manifest(name, two))
    waits = f"waits for its detectors {name}-drift, which are of {one}"
    until(lambda: waits in sandbox.client.status(name).get("description", ""), what=waits)
    until(lambda: f"{NAMESPACE}/{name}" not in starting(sandbox.port), what="nothing to come but the client")
    assert sandbox.predict(name).json()["model_version"] == one
    replace_detector(sandbox, name, "drift", two)
    switched(sandbox, name, two)
    until(lambda: "description" not in sandbox.client.status(name), what="the end of its waiting")


def detector(sandbox: Sandbox, name: str) -> Any:
    path = f"/namespaces/{NAMESPACE}/seldondeployments/{name}/monitor/drift-detector/{name}-drift"
    return json.loads(http("GET", f"{sandbox.api}{path}").content)
