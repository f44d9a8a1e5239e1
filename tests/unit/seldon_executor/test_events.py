"""An event's way from the executor to a row of the log, and what detectors make of it."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releasectl.sandbox.seldon.executor.calls import call_of
from releasectl.sandbox.seldon.executor.events import Event, post
from releasectl.sandbox.seldon.executor.settings import Node, Settings
from releasectl.sandbox.seldon.requestlog import consumers
from releasectl.sandbox.seldon.requestlog.incoming import Logged, logged
from releasectl.sandbox.seldon.wire import Incoming, Message, forwarded

BOTH = ("request", "response")
NODE = Node("income", BOTH, "c" * 32)
SETTINGS = Settings("credit", "income", "default", "v2", (NODE,))


def received(raw: bytes) -> tuple[dict[str, str], bytes]:
    async def read() -> tuple[Message, bytes]:
        reader = asyncio.StreamReader()
        reader.feed_data(raw)
        reader.feed_eof()
        incoming = Incoming(reader)
        message = await incoming.head()
        assert message is not None
        return message, b"".join([part async for part in incoming.body(message)])

    message, body = asyncio.run(read())
    return {key.decode().lower(): value.decode() for key, value in message.headers}, body


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(0, 599), st.text())
def test_what_is_sent_is_what_is_logged(request_id: str, status: int, error: str) -> None:
    body = json.dumps({"outputs": [error]}).encode()
    event = Event("response", NODE, request_id, 1.5, body, status=status, seconds=0.25, error=error)
    found = logged(*received(post(event, SETTINGS, b"broker", b"/")))
    assert isinstance(found, Logged)
    assert found.is_response
    row = found.row
    assert (row["request_id"], row["body"], row["model"]) == (request_id, body, NODE.commit)
    assert (row["status"], row["seconds"], row["time"]) == (status, 0.25, "1970-01-01T00:00:01.500000Z")
    assert row["error"] == error or not error


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ce-type": ""}, "no type"),
        ({"ce-type": "other"}, "of type other"),
        ({"ce-time": "soon"}, "not what it"),
    ],
)
def test_other_events_are_refused_with_a_reason(change: dict[str, str], words: str) -> None:
    headers, body = received(post(Event("request", NODE, "1", 0, b"{}"), SETTINGS, b"broker", b"/"))
    found = logged(headers | change, body)
    assert isinstance(found, str)
    assert words in found


@pytest.mark.parametrize(
    ("method", "target", "logs", "asked"),
    [
        (b"POST", b"/v2/models/income/infer", BOTH, b"/v2/models/income/infer"),
        (b"POST", b"/v2/models/infer", BOTH, b"/v2/models/income/infer"),
        (b"POST", b"/v2/models/a/versions/1/infer?b=c", BOTH, b"/v2/models/a/versions/1/infer?b=c"),
        (b"GET", b"/v2/models/income", (), b"/v2/models/income"),
        (b"GET", b"/v2/health/ready", (), b"/v2/health/ready"),
    ],
)  # fmt: skip
def test_only_inference_is_logged(method: bytes, target: bytes, logs: tuple[str, ...], asked: bytes) -> None:
    call = call_of(Message(method, target), SETTINGS)
    assert (call.logs, call.target) == (logs, asked)


def test_the_router_chooses_by_its_ratio() -> None:
    for ratio, name in ((1.0, "income"), (0.0, "candidate")):
        settings = Settings("credit", "income", "default", "v2", (NODE, Node("candidate")), ratio)
        call = call_of(Message(b"POST", b"/v2/models/split/infer"), settings)
        assert (call.node.name, call.target) == (name, f"/v2/models/{name}/infer".encode())


def test_ids_are_the_clients_or_those_of_the_ingress() -> None:
    def id_of(*headers: tuple[bytes, bytes]) -> str:
        return call_of(Message(b"POST", b"/v2/models/infer", headers=[*headers]), SETTINGS).request_id

    trace = (b"Uber-Trace-Id", b"6bc8e998:cdfe:0:0")
    assert id_of((b"Seldon-Puid", b"mine"), trace) == "mine"
    assert id_of(trace) == "6bc8e998"
    assert id_of() != id_of()


def test_what_concerns_one_connection_is_not_passed_on() -> None:
    headers = [(b"Connection", b"close, X-Own"), (b"X-Own", b"1"), (b"TE", b"x"), (b"Content-Length", b"2")]
    assert forwarded([*headers, (b"Accept", b"*/*")]) == [(b"Content-Length", b"2"), (b"Accept", b"*/*")]


def test_rows_are_those_of_the_first_input() -> None:
    nested = {"inputs": [{"shape": [2, 2], "data": [[1, 2], [3, 4]]}]}
    assert consumers.rows_of(json.dumps(nested).encode()) == [[1, 2], [3, 4]]
    for inputs in (
        "",
        '{"shape": [2, 2], "data": [1]}',
        '{"shape": [1, 1], "data": [NaN]}',
        '{"shape": [1]}',
    ):
        assert consumers.rows_of(f'{{"inputs": [{inputs}]}}'.encode()) == []
    assert consumers.rows_of(b"no json") == []


def test_replies_are_split_by_the_requests_they_are_for() -> None:
    answer = {
        "model_version": "c",
        "parameters": {"name": "Mahalanobis"},
        "outputs": [
            {"name": "is_outlier", "data": [0, 1, 1]},
            {"name": "instance_score", "data": [0.1, 2.0, 3.0]},
        ],
    }
    first, second = map(json.loads, consumers.outlier_replies(answer, [2, 1]))
    assert (first["data"]["is_outlier"], second["data"]["is_outlier"]) == ([0, 1], [1])
    assert second["data"]["instance_score"] == [3.0]
    assert first["meta"] == {"name": "Mahalanobis", "model_version": "c"}


def test_a_detector_judges_its_own_model_only() -> None:
    one = consumers.Consumer("credit", "income", "drift", "income-drift", "", "a")
    assert one.judges("a")
    assert not one.judges("b")
