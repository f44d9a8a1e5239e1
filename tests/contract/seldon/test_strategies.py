"""Canary, shadow and A/B as Seldon's operator and Istio do them: shares, copies, and what must not suffer."""

from __future__ import annotations

import copy
import os
import signal
from collections import Counter
from typing import Any

import psutil
import pytest

from releasectl.model import Missing
from releasectl.platforms.request_log import build_request_log
from releasectl.ports import Endpoint, LoggedCall
from tests.contract.seldon.conftest import Commit
from tests.contract.seldon.sandbox import (
    LIMIT,
    NAMESPACE,
    ROW,
    Sandbox,
    a_predictor,
    answered,
    http,
    logging_manifest,
    until,
)
from tests.contract.seldon_adapter.conftest import platform_at
from tests.load import Load, request

pytestmark = pytest.mark.processes
REQUESTS = int(os.environ.get("RELEASECTL_TEST_REQUESTS", "500"))  # 10,000 takes half a minute a test
CONNECTIONS = 8
DEVIATIONS = 4  # of the share of requests: more happens by chance once in 16,000 runs


def candidate(name: str, commit: str, role: str = "candidate", **fields: Any) -> dict[str, Any]:
    found = a_predictor(name, commit, role, **fields)
    found["graph"]["logger"] = {"mode": "all"}
    return found


def split(name: str, one: str, two: str, share: int) -> dict[str, Any]:
    found = logging_manifest(name, one, traffic=100 - share)
    found["spec"]["predictors"].append(candidate(name, two, traffic=share))
    return found


def shadowed(name: str, one: str, two: str, share: int = 100) -> dict[str, Any]:
    found = logging_manifest(name, one, traffic=100)
    found["spec"]["predictors"].append(candidate(name, two, "shadow", shadow=True, traffic=share))
    return found


def load(sandbox: Sandbox, name: str, **more: Any) -> Load:
    url = f"{sandbox.ingress}/seldon/{NAMESPACE}/{name}/v2/models/{name}/infer"
    return Load(url, request([[60.0, 1.0]]), **more)


def logged(sandbox: Sandbox, name: str, predictor: str, container: str = "") -> list[LoggedCall]:
    log = build_request_log(platform_at(sandbox.api.partition("/seldon-deploy")[0], timeout=LIMIT))
    return list(log.calls(NAMESPACE, name, Endpoint(predictor, container or name)))


def likely(found: int, share: float, count: int = REQUESTS) -> bool:
    return abs(found - share * count) <= DEVIATIONS * (count * share * (1 - share)) ** 0.5


def test_shares_hold_and_nothing_but_the_candidate_starts_or_ends(
    sandbox: Sandbox, name: str, commit: Commit
) -> None:
    one, two = commit(), commit()
    sandbox.client.create(logging_manifest(name, one, traffic=100))
    sandbox.client.ready(name)
    stable = list(sandbox.processes(name).values()), sandbox.executors(name)
    for share in (10, 50):
        sandbox.client.update(split(name, one, two, share))
        until(lambda: len(sandbox.processes(name)) == 2)
        sandbox.client.ready(name)
        until(lambda share=share: versions(sandbox, name, 20)[two] >= share / 5 - 1)
        sent = load(sandbox, name, connections=8).send(REQUESTS)
        counted = Counter(each.version for each in sent)
        assert counted.keys() == {one, two}
        assert likely(counted[two], share / 100)
    trial = sandbox.processes(f"{name}-candidate"), sandbox.executors(f"{name}-candidate")
    sandbox.client.update(split(name, one, two, 90))
    until(lambda: versions(sandbox, name, 20)[two] == 18)
    assert (sandbox.processes(f"{name}-candidate"), sandbox.executors(f"{name}-candidate")) == trial
    sandbox.client.update(logging_manifest(name, one, traffic=100))
    until(lambda: len(sandbox.processes(name)) == 1, what="the end of the candidate")
    assert (list(sandbox.processes(name).values()), sandbox.executors(name)) == stable
    assert versions(sandbox, name, 20) == {one: 20}


def versions(sandbox: Sandbox, name: str, count: int) -> Counter[str]:
    return Counter(each.version for each in load(sandbox, name, connections=1).send(count))


def test_every_request_reaches_the_shadow_with_its_id(sandbox: Sandbox, name: str, commit: Commit) -> None:
    """By the shadow's own count: the log may drop what comes too fast. What it holds is paired by its id."""
    one, two = commit(), commit("telling")
    sandbox.client.create(shadowed(name, one, two))
    sandbox.client.ready(name)
    (shadow,) = sandbox.processes(f"{name}-shadow").values()
    url = f"{sandbox.ingress}/seldon/{NAMESPACE}/{name}/v2/models/{name}/infer"
    given = set()
    for _ in range(20):  # these come without an id, over connections that end with the answer
        answer = http("POST", url, json={"inputs": [ROW]})
        assert answer.json()["model_version"] == one
        given.add(answer.headers["seldon-puid"])
    for predictor in ("default", "shadow"):
        until(lambda each=predictor: {call.request_id for call in logged(sandbox, name, each)} == given)
    sent = list(load(sandbox, name, connections=1).send(REQUESTS))
    until(lambda: answered(shadow, name) == REQUESTS + 20, what="every request at the shadow")
    sent += load(sandbox, name, connections=CONNECTIONS).send(REQUESTS)
    assert {each.version for each in sent} == {one}
    # Traefik counts requests, then looks at the count: it passes over fewer than come at once, all told.
    most = 2 * REQUESTS + 20
    until(lambda: most - CONNECTIONS < answered(shadow, name) <= most, what="every request at the shadow")
    copies = logged(sandbox, name, "shadow")
    assert {each.request_id for each in copies} <= given | {each.id for each in sent}
    # An answer comes to the log after its request, or is dropped.
    answers = [each.response for each in copies if not isinstance(each.response, Missing)]
    assert {each["model_version"] for each in answers} == {two}


def test_a_share_is_mirrored(sandbox: Sandbox, name: str, commit: Commit) -> None:
    sandbox.client.create(shadowed(name, commit(), commit(), 30))
    sandbox.client.ready(name)
    load(sandbox, name, connections=1).send(200)
    until(lambda: len(logged(sandbox, name, "default")) == 200)
    # Traefik counts anew, and copies one more, whenever routes are written.
    until(lambda: 59 <= len(logged(sandbox, name, "shadow")) <= 65, what="60 copies")


def test_a_slow_or_dead_shadow_harms_nobody(sandbox: Sandbox, name: str, commit: Commit) -> None:
    sandbox.client.create(shadowed(name, commit(), commit("telling")))
    sandbox.client.ready(name)
    (shadow,) = sandbox.processes(f"{name}-shadow").values()
    usual = load(sandbox, name, connections=1).send(100)
    until(lambda: answered(shadow, name) == 100)
    psutil.Process(shadow).suspend()
    slow = load(sandbox, name, connections=1).send(100)
    psutil.Process(shadow).resume()
    # The shadow was asked all the same: it had answered none when the users had all their answers.
    until(lambda: answered(shadow, name) == 200, what="the copies that had to wait")
    os.kill(shadow, signal.SIGKILL)
    dead = load(sandbox, name).send(100)
    assert {each.status for each in (*usual, *slow, *dead)} == {200}


def test_the_router_splits_inside_one_predictor(sandbox: Sandbox, name: str, commit: Commit) -> None:
    one, two = commit(), commit()
    manifest = logging_manifest(name, one)
    (stable,) = manifest["spec"]["predictors"]
    other = copy.deepcopy(candidate(name, two))
    other["componentSpecs"][0]["spec"]["containers"][0]["name"] = other["graph"]["name"] = "candidate"
    stable["componentSpecs"] += other["componentSpecs"]
    stable["graph"] = {
        "name": "split",
        "implementation": "RANDOM_ABTEST",
        "parameters": [{"name": "ratioA", "type": "FLOAT", "value": "0.70"}],
        "children": [stable["graph"], other["graph"]],
    }
    sandbox.client.create(manifest)
    status = sandbox.client.ready(name)
    assert len(status["deploymentStatus"]) == 2
    sent = load(sandbox, name, connections=8).send(REQUESTS)
    counted = Counter(each.version for each in sent)
    assert counted.keys() == {one, two}
    assert likely(counted[one], 0.7)
    until(lambda: len(logged(sandbox, name, "default", "candidate")) == counted[two])
    until(lambda: len(logged(sandbox, name, "default", name)) == counted[one])
