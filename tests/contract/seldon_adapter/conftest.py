"""Real HTTP servers on this machine: one that answers as scripted, and sockets that misbehave."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from releasectl.model import Place, Platform, Source


def platform_at(url: str, *, timeout: float = 2.0, token_env: str | None = None, **more: Any) -> Platform:
    source = Source(
        "environments/platforms/here.yaml", {}, {"": Place("environments/platforms/here.yaml", 1)}
    )
    values: dict[str, Any] = {
        "name": "here",
        "pachd": "127.0.0.1:1",
        "pachd_tls": False,
        "pachd_token_env": None,
        "s3": "http://127.0.0.1:1",
        "seldon_deploy": url,
        "seldon_deploy_token_env": token_env,
        "ingress": url,
        "timeout_seconds": timeout,
        "sandbox": None,
        "source": source,
    }
    return Platform(**values | more)


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Reply:
    """What to answer: JSON unless `body` is bytes."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


@dataclass
class Scripted:
    """A server that gives its replies in turn, the last one for ever."""

    url: str
    replies: list[Reply]
    seen: list[Seen]
    connections: set[tuple[str, int]]

    def says(self, *replies: Reply) -> Scripted:
        self.replies[:] = replies
        return self


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Quiet: clients here hang up on purpose."""


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    script = Scripted("", [Reply()], [], set())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            script.connections.add(self.client_address)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.seen.append(
                Seen(self.command, self.path, dict(self.headers), json.loads(raw) if raw else None)
            )
            reply = script.replies.pop(0) if len(script.replies) > 1 else script.replies[0]
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(reply.length or len(body))}
            spelt = {name.lower() for name in reply.headers}
            kept = {name: value for name, value in headers.items() if name.lower() not in spelt}
            for name, value in (kept | reply.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            if reply.length:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = Server(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    yield script
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def misbehaving() -> Iterator[Callable[[Callable[[socket.socket, threading.Event], None]], str]]:
    """Starts a listener whose every connection is given to a function, with an event that ends the test."""
    over = threading.Event()
    listeners: list[socket.socket] = []

    def start(behave: Callable[[socket.socket, threading.Event], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return  # closed: the test is over
                with connection:
                    behave(connection, over)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    over.set()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
