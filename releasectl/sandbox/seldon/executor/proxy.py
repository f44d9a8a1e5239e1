"""Passes requests to the models of a pod and their answers back, body by body, and tells the log."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress

from releasectl.sandbox.seldon.executor.calls import PUID, TRACE, Call, call_of
from releasectl.sandbox.seldon.executor.emitter import Emitter
from releasectl.sandbox.seldon.executor.events import LIMIT_BYTES
from releasectl.sandbox.seldon.executor.settings import Settings
from releasectl.sandbox.seldon.executor.upstream import Connection, Upstreams
from releasectl.sandbox.seldon.wire import (
    LAST_CHUNK,
    BrokenMessage,
    Headers,
    Incoming,
    Message,
    chunk,
    forwarded,
    request_head,
    response_head,
    whole,
)

log = logging.getLogger(__name__)
ATTEMPTS = 3  # predictions change nothing, so that one may be asked for again
BODILESS = (204, 304)
CLOSE = (b"connection", b"close")


class Executor:
    """`busy` is the number of requests that are being answered, `total` that of all so far."""

    def __init__(self, settings: Settings, upstreams: Upstreams, emitter: Emitter) -> None:
        self._settings = settings
        self._upstreams = upstreams
        self._emitter = emitter
        self._connections: set[asyncio.StreamWriter] = set()
        self._waiting: set[asyncio.StreamWriter] = set()  # connections without a request
        self.busy = 0
        self.total = 0
        self.draining = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """All requests of one connection, one after the other."""
        incoming = Incoming(reader)
        self._connections.add(writer)
        try:
            while not self.draining:
                self._waiting.add(writer)
                request = await incoming.head()
                self._waiting.discard(writer)
                if request is None or not await self._exchange(request, incoming, writer):
                    break
        except BrokenMessage as error:
            if incoming.started and not writer.is_closing():
                writer.write(_failure(400, str(error), CLOSE))
        except ConnectionError:
            pass  # the client has gone
        finally:
            self._waiting.discard(writer)
            self._connections.discard(writer)
            writer.close()

    async def drain(self, seconds: float) -> None:
        """Take no more requests, and answer those that are here."""
        self.draining = True
        for writer in tuple(self._waiting):
            writer.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.busy:
                    await asyncio.sleep(0.02)
        for writer in tuple(self._connections):
            writer.close()

    async def _exchange(self, request: Message, incoming: Incoming, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection may carry another request."""
        keep = request.keep_alive and not self.draining
        if (own := self._own(request)) is not None:
            async for _ in incoming.body(request):
                pass
            writer.write(own)
            return keep
        if request.header(b"expect").lower() == b"100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        call = call_of(request, self._settings)
        self.busy += 1
        self.total += 1
        try:
            limit = self._settings.timeout or None
            return await asyncio.wait_for(self._pass(call, request, incoming, writer), limit) and keep
        except TimeoutError:
            error = f"{call.node.name} does not answer within {self._settings.timeout:g} s"
            call.answered(self._emitter, None, error)
            if not call.begun:
                writer.write(_failure(504, error, CLOSE))
            return False
        finally:
            self.busy -= 1

    async def _pass(
        self, call: Call, request: Message, incoming: Incoming, writer: asyncio.StreamWriter
    ) -> bool:
        """Ask until a model answers; only what has been read whole can be asked for again."""
        answer: Message | None = None
        connection: Connection | None = None
        problem = ""
        # A connection that was kept may have ended meanwhile, and a long body cannot be said once more.
        fresh = not request.sized or int(request.header(b"content-length")) > LIMIT_BYTES
        for attempt in range(ATTEMPTS):
            try:
                node = call.node.name
                connection = await self._upstreams.connect_to_come(node, fresh=fresh or attempt > 0)
            except (OSError, TimeoutError) as error:
                problem = f"{call.node.name} does not answer: {str(error) or type(error).__name__}"
                break
            try:
                await _ask(connection, call, request, incoming)
                answer = await connection.incoming.head()
                if answer is not None:
                    break
                problem = f"{call.node.name} has ended"
            except BrokenMessage:
                if not request.complete:  # the client it was that broke off
                    connection.close()
                    raise
                problem = f"{call.node.name} has ended"
            except ConnectionError as error:
                problem = f"{call.node.name} has ended: {error}"
            except asyncio.CancelledError:  # it takes too long
                connection.close()
                raise
            connection.close()
            if not request.complete or call.request.content is None:
                break
        async for part in incoming.body(request):  # what no model took
            call.request.add(part)
        call.asked(self._emitter, request)
        if answer is None or connection is None:
            call.answered(self._emitter, None, problem)
            writer.write(_failure(503, problem, (PUID, call.request_id.encode())))
            return True
        return await self._answer(call, request, answer, connection, writer)

    async def _answer(
        self,
        call: Call,
        request: Message,
        answer: Message,
        connection: Connection,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Whether all of the answer has been said; if not, the connection must end for the client to know."""
        bodiless = request.method == b"HEAD" or answer.status in BODILESS
        measured = answer.sized or bodiless
        headers = [*forwarded(answer.headers), (PUID, call.request_id.encode())]
        if not measured:
            headers.append((b"transfer-encoding", b"chunked"))
        if self.draining:
            headers.append((b"connection", b"close"))
        call.begun = True
        pieces = [response_head(answer.status, answer.reason, headers)]
        try:
            if not bodiless:
                async for part in connection.incoming.body(answer):
                    call.response.add(part)
                    pieces.append(part if measured else chunk(part))
                    if not answer.complete:
                        writer.write(b"".join(pieces))
                        pieces.clear()
                        await writer.drain()
        except ConnectionError as error:
            call.answered(self._emitter, None, f"{call.node.name} has ended amid its answer: {error}")
            connection.close()
            return False
        writer.write(b"".join(pieces) + (b"" if measured else LAST_CHUNK))
        if answer.keep_alive and answer.complete and not bodiless:
            self._upstreams.keep(connection)
        else:
            connection.close()
        call.answered(self._emitter, answer)
        await writer.drain()
        return True

    def _own(self, request: Message) -> bytes | None:
        """Answers of the executor itself."""
        if request.method != b"GET":
            return None
        if request.target == b"/live":
            return whole(200, b"{}")
        if request.target == b"/ready":
            ready = all(self._upstreams.urls(node.name) for node in self._settings.nodes)
            return whole(200 if ready else 503, b"{}")
        if request.target == b"/prometheus":
            return whole(200, self._metrics().encode(), b"text/plain; version=0.0.4")
        return None

    def _metrics(self) -> str:
        labels = (
            f'{{deployment_name="{self._settings.deployment}",predictor_name="{self._settings.predictor}"}}'
        )
        values = {
            "seldon_api_executor_server_requests_total": self.total,
            "seldon_api_executor_server_requests_in_progress": self.busy,
            "seldon_api_executor_logger_sent_total": self._emitter.sent,
            "seldon_api_executor_logger_dropped_total": self._emitter.dropped,
            "seldon_api_executor_logger_queue": len(self._emitter.queue),
        }
        return "".join(f"{name}{labels} {value}\n" for name, value in values.items())


async def _ask(connection: Connection, call: Call, request: Message, incoming: Incoming) -> None:
    """Say the request to a model: what is known of its body first, then what still comes in."""
    writer, chunked = connection.writer, not request.sized
    headers = [*_passed(request.headers), (PUID, call.request_id.encode())]
    bodiless = chunked and not request.chunked
    if chunked and not bodiless:
        headers.append((b"transfer-encoding", b"chunked"))
    pieces = [request_head(request.method, call.target, headers)]
    if known := call.request.content:
        pieces.append(chunk(known) if chunked else known)
    if not (request.complete and not request.parts):
        async for part in incoming.body(request):
            call.request.add(part)
            pieces.append(chunk(part) if chunked else part)
            if not request.complete:
                writer.write(b"".join(pieces))
                pieces.clear()
                await writer.drain()
    writer.write(b"".join(pieces) + (LAST_CHUNK if chunked and not bodiless else b""))
    await writer.drain()


def _passed(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(key, value) for key, value in forwarded(headers) if key.lower() not in (PUID, TRACE)]


def _failure(code: int, reason: str, *headers: tuple[bytes, bytes]) -> bytes:
    """As Seldon's executor says it."""
    status = {"code": code, "info": reason, "reason": "", "status": "FAILURE"}
    return whole(code, json.dumps({"status": status}).encode(), b"application/json", *headers)
