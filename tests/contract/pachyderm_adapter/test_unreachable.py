"""No pachd at the address: every call says so in time, with the address and a remedy."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import grpc
import pytest

from releasectl.errors import BackendUnreachable
from releasectl.model import Missing, Source
from releasectl.ports import PipelineChange, VersionedData

ID = "5d0c2f3e6a1b4c7f8e9d0a1b2c3d4e5f"
SPEC = {
    "pipeline": {"name": "p"},
    "transform": {"cmd": ["true"]},
    "input": {"pfs": {"repo": "r", "glob": "/"}},
}
CALLS = {
    "version": lambda data: data.version(),
    "repos": lambda data: data.repos(),
    "branches": lambda data: data.branches("r"),
    "commits": lambda data: data.commits("r"),
    "commit": lambda data: data.commit("r", "master"),
    "files": lambda data: data.files("r", ID),
    "sizes": lambda data: data.sizes("r", ID),
    "read": lambda data: data.read("r", ID, "/a"),
    "lineage": lambda data: data.lineage("r", ID),
    "put": lambda data: data.put("r", "master", {"/a": b""}, "test"),
    "append": lambda data: data.append("r", "master", "/a", b""),
    "move_head": lambda data: data.move_head("r", "staging", ID),
    "delete_branch": lambda data: data.delete_branch("r", "staging"),
    "pipelines": lambda data: data.pipelines(),
    "change": lambda data: data.change(PipelineChange(pipelines=(SPEC,))),
    "delete": lambda data: data.change(PipelineChange(delete_pipelines=("p",))),
    "jobs": lambda data: data.jobs("p"),
    "logs": lambda data: list(data.logs("p", ID)),
}


def accepting(handle: Callable[[socket.socket], None]) -> Iterator[str]:
    """A TCP server that does `handle` with every connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):  # closing the listener is how this ends
            while True:
                handle(listener.accept()[0])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=5)


@pytest.fixture
def silent() -> Iterator[str]:
    """It accepts and never says a word."""
    kept: list[socket.socket] = []
    yield from accepting(kept.append)
    for connection in kept:
        connection.close()


@pytest.fixture
def hangs_up() -> Iterator[str]:
    yield from accepting(lambda connection: connection.close())


@pytest.fixture
def web_server() -> Iterator[str]:
    """It answers everything with a page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html><body>Please log in</body></html>")

        do_POST = do_PRI = do_GET

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def other_grpc() -> Iterator[str]:
    """A gRPC server of another kind."""
    server = grpc.server(ThreadPoolExecutor(2))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


@pytest.fixture
def closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("server", ["closed", "hangs_up", "web_server", "other_grpc"])
def test_every_call_says_who_does_not_answer(request, connect, server, call):
    address = request.getfixturevalue(server)
    with pytest.raises(BackendUnreachable) as raised:
        call(connect(address, timeout_seconds=2.0))
    (problem,) = raised.value.problems
    assert problem.where == f"pachd at {address}"
    wanted = "see who answers there" if "not in gRPC" in problem.what else "releasectl sandbox up"
    assert wanted in problem.remedy
    assert server != "web_server" or "not in gRPC" in problem.what


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_every_call_has_a_deadline(silent, connect, call):
    started = time.monotonic()
    with pytest.raises(BackendUnreachable, match=r"no answer within 0\.2 s"):
        call(connect(silent, timeout_seconds=0.2))
    assert time.monotonic() - started < 1.5


def test_every_method_of_the_port_is_tried():
    methods = {name for name in vars(VersionedData) if not name.startswith("_")}
    assert methods == CALLS.keys() - {"delete"}


def test_a_cluster_is_not_told_to_start_a_sandbox(closed, connect):
    source = Source("environments/platforms/gke.yaml", {}, {})
    with pytest.raises(BackendUnreachable) as raised:
        connect(closed, sandbox=None, source=source).repos()
    (problem,) = raised.value.problems
    assert "environments/platforms/gke.yaml" in problem.remedy
    assert "sandbox" not in problem.remedy


def test_tls_to_a_server_without_it(other_grpc, connect):
    with pytest.raises(BackendUnreachable):
        connect(other_grpc, pachd_tls=True, timeout_seconds=2.0).repos()


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(other_grpc, connect, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(BackendUnreachable, match="not as a pachd does"):
        connect(other_grpc, timeout_seconds=2.0).repos()


def test_a_server_that_comes_back_is_found_soon(closed, connect):
    data = connect(closed, timeout_seconds=2.0)
    for _ in range(4):
        with pytest.raises(BackendUnreachable, match="nothing listens there"):
            data.repos()
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_insecure_port(closed)
    server.start()
    try:
        deadline = time.monotonic() + 3
        while "not as a pachd does" not in failure(data) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "not as a pachd does" in failure(data)
    finally:
        server.stop(None)


def failure(data: VersionedData) -> str:
    with pytest.raises(BackendUnreachable) as raised:
        data.repos()
    return str(raised.value)


def test_nothing_is_connected_before_the_first_call(closed, connect):
    assert not isinstance(connect(closed), Missing)
