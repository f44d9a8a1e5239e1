"""JSON of another shape than Seldon Deploy's is told as such, wherever the toolkit would have stumbled."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from releasectl import manifest as reader
from releasectl import normalise, requestlog
from releasectl.errors import BackendUnreachable
from releasectl.model import Missing
from releasectl.plan.detectors import commit_of
from releasectl.platforms.request_log import build_request_log
from releasectl.platforms.seldon_deploy import build
from releasectl.ports import Endpoint
from tests.contract.seldon_adapter.conftest import Reply, Scripted, platform_at

MANIFEST = {
    "metadata": {"name": "income", "labels": {"a": "b"}, "annotations": {"releasectl/owner": "credit-ml"}},
    "spec": {
        "predictors": [
            {
                "name": "default",
                "graph": {"name": "income", "modelUri": "s3://x"},
                "explainer": {"type": "AnchorTabular"},
                "componentSpecs": [{"spec": {"containers": [{"env": [{"name": "A", "value": "b"}]}]}}],
            }
        ]
    },
    "status": {"state": "Available", "conditions": [{"type": "Ready", "status": "True"}]},
}
DETECTOR = {"name": "income-drift", "config": {"basic": {"storage_uri": "s3://x"}}, "status": "Available"}
OTHERS: tuple[Any, ...] = (5, "words", True, [5], {"a": 5}, None)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every way into a value, itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from places(below, (*path, key))


def bent(whole: Any) -> Iterator[Any]:
    """`whole` with one part replaced by something of another kind."""
    for *way, last in [path for path in places(whole) if path]:
        for other in OTHERS:
            copied = copy.deepcopy(whole)
            part = copied
            for key in way:
                part = part[key]
            part[last] = other
            yield copied


def test_what_the_list_holds_is_said(scripted: Scripted) -> None:
    scripted.says(Reply({"items": 5}))
    with pytest.raises(BackendUnreachable) as caught:
        build(platform_at(scripted.url)).deployments("creditco-production")
    (problem,) = caught.value.problems
    assert problem.what == "answers with JSON of another kind: items is the number 5, wanted a list"


def test_whatever_a_deployment_holds_it_can_be_read_or_is_refused(scripted: Scripted) -> None:
    serving, refused = build(platform_at(scripted.url)), 0
    for answer in bent({"items": [MANIFEST]}):
        scripted.says(Reply(answer))
        try:
            found = serving.deployments("creditco-production")
        except BackendUnreachable:
            refused += 1
            continue
        for each in found.values():
            normalise.deployment(each.manifest, known=MANIFEST)
            reader.is_ours(each.manifest.get("metadata"))
            reader.commits(each.manifest)
            reader.git_commit(each.manifest)
    assert refused > 20


def test_whatever_a_detector_holds_it_can_be_read_or_is_refused(scripted: Scripted) -> None:
    serving, refused = build(platform_at(scripted.url)), 0
    for answer in [5, {"a": 5}, *bent([DETECTOR])]:
        scripted.says(Reply(answer))
        try:
            found = serving.detectors("creditco-production", "income")
        except BackendUnreachable:
            refused += 1
            continue
        for each in found.values():
            normalise.detector(each.body, known=DETECTOR)
            commit_of(each.body)
    assert refused > 5


def test_whatever_the_request_log_holds_it_can_be_read_or_is_refused(scripted: Scripted) -> None:
    log = build_request_log(platform_at(scripted.url))
    listed = {"inferenceLogs": [{"predictor": "default", "container": "income", "count": "7"}]}
    answers = [*bent(listed), [5], 5]
    refused = 0
    for answer in answers:
        scripted.says(Reply(answer))
        try:
            log.endpoints("creditco-production", "income")
        except BackendUnreachable:
            refused += 1
    assert refused > 5


def test_a_logged_text_without_bottom_is_no_payload(scripted: Scripted) -> None:
    """Clients write what is logged."""
    text = "[" * 200_000
    element = {"requestId": "1", "timestamp": "2026-11-01T10:00:00Z", "request": {"payload": text}}
    scripted.says(Reply({"payloads": [element]}))
    log = build_request_log(platform_at(scripted.url))
    (call,) = log.calls("creditco-production", "income", Endpoint("default", "income"))
    assert isinstance(call.request, Missing)
    assert requestlog.parsed(text) == {}
