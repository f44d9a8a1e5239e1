"""The gateway as a server: HTTP in, `operations` behind, XML or a stream of bytes out."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from releasectl.sandbox.pachd.reader import Reader
from releasectl.sandbox.s3 import documents, operations
from releasectl.sandbox.s3.errors import S3Error
from releasectl.sandbox.s3.request import parse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)
SECONDS_TO_DRAIN = 3


class Running:
    """A gateway that serves; call it to stop. `port` is the one it listens on, also when 0 was asked for."""

    def __init__(self, server: uvicorn.Server, listener: socket.socket) -> None:
        self.port: int = listener.getsockname()[1]
        self._server = server
        self._thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listener])), name="s3-gateway", daemon=True
        )
        self._thread.start()

    def __call__(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=SECONDS_TO_DRAIN + 2)


def serve_in_thread(reader: Reader, port: int) -> Running:
    """Serve `reader` on 127.0.0.1:`port`; OSError when the port is taken. The answer stops it when called."""
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    # Connections inherit it. asyncio sets it only on sockets it opens itself; without it a small answer
    # waits 40 ms for the acknowledgement of its headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        application(reader),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=SECONDS_TO_DRAIN,
    )
    return Running(uvicorn.Server(config), listener)


def application(reader: Reader) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        response = await run_in_threadpool(respond, reader, scope)
        if "expect" in http.headers:
            # The body that waits for our word will not come, so nothing can follow on this connection.
            response.headers["Connection"] = "close"
        else:
            # A write is refused, but read to its end: else the client sees a broken pipe, not our answer.
            async for _ in http.stream():
                pass
        await response(scope, receive, send)

    return serve


def respond(reader: Reader, scope: Scope) -> Response:
    request_id = uuid.uuid4().hex
    resource = scope["path"]
    try:
        request = parse(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"])
        answer = operations.answer(reader, request, datetime.now(UTC))
    except S3Error as problem:
        return refuse(problem, resource, request_id)
    except Exception:
        log.exception("%s %s failed", scope["method"], resource)
        return refuse(S3Error("InternalError", "We encountered an internal error."), resource, request_id)
    headers = {**answer.headers, "x-amz-request-id": request_id}
    if answer.stream is not None:
        return StreamingResponse(answer.stream(), answer.status, headers)
    return Response(answer.body, answer.status, headers)


def refuse(problem: S3Error, resource: str, request_id: str) -> Response:
    body = documents.error(problem, resource.encode("ascii", "backslashreplace").decode(), request_id)
    headers = {**problem.headers, "x-amz-request-id": request_id}
    return Response(body, problem.status, headers, media_type="application/xml")
