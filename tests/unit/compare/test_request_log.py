"""The adapter of the inference-log API against a server that answers as scripted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from releasectl.errors import BackendUnreachable, PlatformRefused
from releasectl.model import Missing
from releasectl.platforms.request_log import PAGE, build_request_log
from releasectl.ports import Endpoint, LoggedCall, LoggedSpan
from releasectl.requestlog import read_call
from tests.contract.seldon_adapter.conftest import Reply, Scripted, platform_at, scripted  # noqa: F401  (a fixture)
from tests.unit.compare.build import READING, request, response

SHADOW = Endpoint("shadow", "income")
PREFIX = "/seldon-deploy/api/v1alpha1/inference-logs"
LOGIN = b"<html><title>Sign in</title></html>"
SINCE = datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=1)))


def element(key: str = "r1", **more: Any) -> dict[str, Any]:
    """As the adapter's docstring describes it."""
    outlier = {"data": {"is_outlier": [1], "instance_score": [3.2]}, "meta": {"name": "IForest"}}
    return {
        "requestId": key,
        "timestamp": "2026-03-01T09:00:00.123456Z",
        "request": {
            "payload": request([[1.0, 2.0]]),
            "ce-time": "2026-03-01T09:00:00.123456Z",
            "ce-source": "http://:8000/",
            "outlier": outlier,
            "drift": {"data": {"is_drift": 0, "distance": 0.1}, "meta": {"name": "TabularDrift"}},
        },
        "response": {
            "payload": response([1], [0.75]),
            "ce-time": "2026-03-01T09:00:00.129Z",
            "ce-source": "http://:8000/",
            "status": 200,
            "error": "",
            "seconds": 0.0042,
        },
    } | more


def page(*elements: dict[str, Any], token: str = "") -> Reply:
    return Reply(
        {
            "namespace": "production",
            "deploymentName": "income",
            "predictorName": "shadow",
            "containerName": "income",
            "payloads": list(elements),
            "nextPageToken": token,
            "totalCount": len(elements),
        }
    )


def calls(server: Scripted, *replies: Reply, **window: datetime) -> list[LoggedCall]:
    log = build_request_log(platform_at(server.says(*replies).url, timeout=1.0))
    return list(log.calls("production", "income", SHADOW, **window))


def one(server: Scripted, **more: Any) -> LoggedCall:
    (found,) = calls(server, page(element(**more)))
    return found


def test_a_call_with_everything(scripted: Scripted) -> None:  # noqa: F811
    found = one(scripted)
    assert (found.request_id, found.status, found.error, found.seconds) == ("r1", 200, "", 0.0042)
    assert found.at == datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
    read = read_call(found, READING)
    assert not isinstance(read, Missing)
    assert (read.classes, read.scores, read.outliers, read.drift) == ((1,), (0.75,), (True,), False)


def test_the_sdk_knows_every_field(scripted: Scripted) -> None:  # noqa: F811, ARG001
    """What the docstring promises fits the SDK's own messages: nothing is outside of their fields."""
    from seldon_deploy_sdk import ApiClient

    told = page(element(), token="2").body
    typed = ApiClient().deserialize(
        SimpleNamespace(data=json.dumps(told)), "V1GetDeploymentInferenceLogsResponse"
    )
    back = ApiClient().sanitize_for_serialization(typed)
    assert back["payloads"][0] | {"timestamp": ""} == element() | {"timestamp": ""}
    assert {**back, "payloads": []} == {**told, "payloads": []}


def test_pages_of_one_window(scripted: Scripted) -> None:  # noqa: F811
    found = calls(scripted, page(element("r1"), element("r2"), token="two"), page(element("r3")), since=SINCE)
    assert [each.request_id for each in found] == ["r1", "r2", "r3"]
    first, second = (seen.body for seen in scripted.seen)
    assert scripted.seen[0].path == f"{PREFIX}/namespace/production/seldondeployments/income"
    assert first["startTime"] == "2026-03-01T09:00:00Z"
    assert (first["predictorName"], first["containerName"], first["limit"]) == ("shadow", "income", PAGE)
    assert second == first | {"pageToken": "two"}
    assert "endTime" in first  # a log that grows is still read to its end


def test_an_empty_log(scripted: Scripted) -> None:  # noqa: F811
    assert calls(scripted, page()) == []
    assert calls(scripted, Reply({"nextPageToken": None, "payloads": None})) == []


def test_what_seldons_own_logger_may_hold(scripted: Scripted) -> None:  # noqa: F811
    """Bare payloads; payloads as text; no duration but two times; times with nanoseconds."""
    bare = one(scripted, request=request([[1.0]]), response=response([0]))
    assert (bare.request, bare.response) == (request([[1.0]]), response([0]))
    assert isinstance(bare.seconds, Missing)
    assert isinstance(bare.status, Missing)
    told = {"payload": json.dumps(request([[1.0]])), "ce-time": "2026-03-01T09:00:00.000000000Z"}
    answered = {"payload": response([0]), "ce-time": "2026-03-01T09:00:00.250000000Z"}
    timed = one(scripted, request=told, response=answered)
    assert timed.request == request([[1.0]])
    assert timed.seconds == 0.25


@pytest.mark.parametrize("absent", [{"response": None}, {"response": {"payload": None}}, {"response": {}}])
def test_no_answer(scripted: Scripted, absent: dict[str, Any]) -> None:  # noqa: F811
    found = one(scripted, **absent)
    read = read_call(found, READING)
    assert not isinstance(read, Missing)
    assert read.error


def test_a_failure_says_why(scripted: Scripted) -> None:  # noqa: F811
    found = one(
        scripted, response={"payload": None, "status": 0, "error": "connection refused", "seconds": 0.001}
    )
    assert (found.error, found.seconds) == ("connection refused", 0.001)
    assert isinstance(found.response, Missing)


def test_endpoints(scripted: Scripted) -> None:  # noqa: F811
    item = {"namespace": "production", "name": "income", "predictor": "shadow", "container": "income"}
    times = {"startTime": "2026-03-01T09:00:00Z", "endTime": None}
    scripted.says(Reply({"inferenceLogs": [{**item, **times, "count": "12"}]}))
    found = build_request_log(platform_at(scripted.url)).endpoints("production", "income")
    ((endpoint, span),) = found.items()
    assert endpoint == SHADOW
    assert span == LoggedSpan(12, datetime(2026, 3, 1, 9, tzinfo=UTC), Missing("None is no time"))
    asked = urlsplit(scripted.seen[0].path)
    assert asked.path == f"{PREFIX}/seldondeployments"
    assert parse_qs(asked.query) == {"namespace": ["production"], "deploymentName": ["income"]}


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply({"error": "not enabled"}, 501), PlatformRefused, "install Seldon's request logger"),
        (Reply({"message": "no such deployment"}, 404), PlatformRefused, "no such deployment"),
        (Reply({"message": "bad token"}, 400), PlatformRefused, "bad token"),
        (Reply({"error": "denied"}, 403), PlatformRefused, "no permission"),
        (Reply(LOGIN, headers={"Content-Type": "text/html"}), BackendUnreachable, "web page"),
        (Reply([1]), BackendUnreachable, "JSON of another kind"),
        (page("nonsense"), BackendUnreachable, "JSON of another kind"),  # type: ignore[arg-type]
        (page({"timestamp": "2026-03-01T09:00:00Z"}), BackendUnreachable, "without requestId"),
        (page({"requestId": "r1", "timestamp": "yesterday"}), BackendUnreachable, "or timestamp"),
        (page(element(), token="same"), BackendUnreachable, "without end"),
    ],
)  # fmt: skip
def test_failures(scripted: Scripted, reply: Reply, error: type[Exception], words: str) -> None:  # noqa: F811
    with pytest.raises(error) as caught:
        calls(scripted, reply)
    assert words in str(caught.value)


def test_a_count_that_is_none(scripted: Scripted) -> None:  # noqa: F811
    scripted.says(Reply({"inferenceLogs": [{"predictor": "shadow", "container": "income", "count": "many"}]}))
    with pytest.raises(BackendUnreachable):
        build_request_log(platform_at(scripted.url)).endpoints("production", "income")
