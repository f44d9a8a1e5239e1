"""The executor between a client and a model that speaks, stays silent, or dies, over real connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from releasectl.sandbox.seldon.executor import upstream
from releasectl.sandbox.seldon.executor.emitter import Emitter
from releasectl.sandbox.seldon.executor.events import LIMIT_BYTES
from releasectl.sandbox.seldon.executor.proxy import Executor
from releasectl.sandbox.seldon.executor.settings import Node, Settings
from releasectl.sandbox.seldon.executor.upstream import Upstreams
from releasectl.sandbox.seldon.wire import Incoming

SETTINGS = Settings("credit", "income", "default", "v2", (Node("income", ("request", "response")),))
INFER = b"POST /v2/models/income/infer HTTP/1.1\r\nHost: x\r\nSeldon-Puid: one\r\n"
SIZED = INFER + b"Content-Length: 2\r\n\r\n{}"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Answer = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]


@dataclass
class Model:
    """Answers each request by `answer`, given the body; `seen` are the heads and bodies."""

    answer: Answer
    seen: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        incoming = Incoming(reader)
        while (request := await incoming.head()) is not None:
            body = b"".join([part async for part in incoming.body(request)])
            self.seen.append((request.target, body))
            await self.answer(writer, body)
            if writer.is_closing():
                return
        writer.close()


def says(*parts: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter, _: bytes) -> None:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.01)

    return answer


@asynccontextmanager
async def executor(folder: Path, model: Model | None, **settings: Any) -> AsyncIterator[tuple[Executor, int]]:
    server = await asyncio.start_server(model.serve, "127.0.0.1", 0) if model else None
    port = server.sockets[0].getsockname()[1] if server else 0
    (folder / "upstreams.json").write_text(
        json.dumps({"income": [f"http://127.0.0.1:{port}"]} if port else {})
    )
    emitter = Emitter(replace(SETTINGS, **settings), folder / "broker.json")
    found = Executor(replace(SETTINGS, **settings), Upstreams(folder / "upstreams.json"), emitter)
    own = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    yield found, own.sockets[0].getsockname()[1]
    own.close()
    if server:
        server.close()


async def ask(port: int, *requests: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """What is answered to requests that are sent at once, over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
    incoming, answers = Incoming(reader, responses=True), []
    for _ in requests:
        answer = await asyncio.wait_for(incoming.head(), 5)
        assert answer is not None
        body = b"".join([part async for part in incoming.body(answer)])
        answers.append((answer.status, {k.decode().lower(): v.decode() for k, v in answer.headers}, body))
    writer.close()
    return answers


def events(found: Executor) -> list[tuple[str, int, str]]:
    return [(event.kind, event.status, event.error) for event in found._emitter.queue]


def test_a_request_is_passed_on_with_its_id_and_logged_with_its_answer(tmp_path: Path) -> None:
    async def scene() -> None:
        model = Model(says(OK))
        async with executor(tmp_path, model) as (found, port):
            first, second = await ask(port, SIZED, SIZED)  # the second does not wait for the first
            assert (first[0], first[1]["seldon-puid"], first[2]) == (200, "one", b"{}")
            assert second == first
            assert model.seen == [(b"/v2/models/income/infer", b"{}")] * 2
            assert events(found) == [("request", 0, ""), ("response", 200, "")] * 2
            assert (found.total, found.busy) == (2, 0)

    asyncio.run(scene())


@pytest.mark.parametrize(
    "answer",
    [
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", b"abc", b"def"),
        says(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"3\r\nabc\r\n",
            b"3\r\ndef\r\n0\r\n\r\n",
        ),
    ],
)
def test_bodies_are_streamed_however_they_come(tmp_path: Path, answer: Answer) -> None:
    async def scene() -> None:
        model = Model(answer)
        async with executor(tmp_path, model) as (_, port):
            chunked = INFER + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n"
            ((status, _, body),) = await ask(port, chunked)
            assert (status, body, model.seen[0][1]) == (200, b"abcdef", b"[]")

    asyncio.run(scene())


def test_a_large_body_passes_and_is_not_kept(tmp_path: Path) -> None:
    async def scene() -> None:
        model, body = Model(says(OK)), b"x" * (3 * LIMIT_BYTES)
        async with executor(tmp_path, model) as (found, port):
            await ask(port, INFER + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            assert model.seen[0][1] == body
            assert [event.body for event in found._emitter.queue] == [None, b"{}"]

    asyncio.run(scene())


def test_a_model_that_ends_amid_a_request_is_asked_again(tmp_path: Path) -> None:
    async def scene() -> None:
        deaths = iter([True, False])

        async def answer(writer: asyncio.StreamWriter, _: bytes) -> None:
            if next(deaths):
                writer.close()
            else:
                writer.write(OK)

        model = Model(answer)
        async with executor(tmp_path, model) as (found, port):
            ((status, _, _),) = await ask(port, SIZED)
            assert (status, len(model.seen)) == (200, 2)
            assert events(found) == [("request", 0, ""), ("response", 200, "")]

    asyncio.run(scene())


def test_without_a_model_the_answer_is_503_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "START_SECONDS", 0.1)

    async def scene() -> None:
        async with executor(tmp_path, None) as (found, port):
            ((status, headers, body), (ready, _, _)) = await ask(port, SIZED, b"GET /ready HTTP/1.1\r\n\r\n")
            assert (status, ready, headers["seldon-puid"]) == (503, 503, "one")
            assert "no model of income is there" in json.loads(body)["status"]["info"]
            assert events(found)[1][1:] == (0, "income does not answer: no model of income is there")

    asyncio.run(scene())


def test_who_is_asked_before_the_model_is_there_waits(tmp_path: Path) -> None:
    async def scene() -> None:
        async with executor(tmp_path, None) as (_, port):
            asking = asyncio.create_task(ask(port, SIZED))
            await asyncio.sleep(0.1)
            server = await asyncio.start_server(Model(says(OK)).serve, "127.0.0.1", 0)
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            (tmp_path / "upstreams.json").write_text(json.dumps({"income": [url]}))
            ((status, _, _),) = await asking
            assert status == 200
            server.close()

    asyncio.run(scene())


def test_a_model_that_takes_too_long_is_not_waited_for(tmp_path: Path) -> None:
    async def scene() -> None:
        async with executor(tmp_path, Model(says()), timeout=0.1) as (found, port):
            ((status, _, body),) = await ask(port, SIZED)
            assert status == 504
            assert "does not answer within 0.1 s" in json.loads(body)["status"]["info"]
            assert events(found)[-1][1] == 0

    asyncio.run(scene())


def test_what_is_no_http_is_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        async with executor(tmp_path, Model(says(OK))) as (_, port):
            ((status, _, body),) = await ask(port, b"what is this?\r\n\r\n")
            assert (status, json.loads(body)["status"]["code"]) == (400, 400)

    asyncio.run(scene())


def test_what_is_asked_before_the_end_is_answered(tmp_path: Path) -> None:
    async def scene() -> None:
        async def slow(writer: asyncio.StreamWriter, _: bytes) -> None:
            await asyncio.sleep(0.2)
            writer.write(OK)

        async with executor(tmp_path, Model(slow)) as (found, port):
            asking = asyncio.create_task(ask(port, SIZED))
            await asyncio.sleep(0.05)
            await found.drain(5)
            ((status, headers, _),) = await asking
            assert (status, headers["connection"], found.busy) == (200, "close", 0)

    asyncio.run(scene())


def test_a_full_queue_drops(tmp_path: Path) -> None:
    async def scene() -> None:
        async with executor(tmp_path, Model(says(OK)), queue=3) as (found, port):
            await ask(port, *([SIZED] * 4))
            ((_, _, metrics),) = await ask(port, b"GET /prometheus HTTP/1.1\r\n\r\n")
            assert b'predictor_name="default"} 5\n' in metrics
            assert len(events(found)) == 3

    asyncio.run(scene())
