"""The server itself: its port, its memory, its failures."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import time

import psutil
import pytest

from releasectl.sandbox.s3.gateway import serve_in_thread


def get(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse()


def test_a_port_that_is_taken_is_an_error_at_once(folder):
    with pytest.raises(OSError, match="in use"):
        serve_in_thread(folder.reader, folder.port)


def test_stopping_frees_the_port_while_a_client_stays_connected(folder):
    stop = serve_in_thread(folder.reader, 0)
    with socket.create_connection(("127.0.0.1", stop.port)):
        assert get(stop.port, "/").status == 200
        stop()
    serve_in_thread(folder.reader, stop.port)()


def test_a_large_file_is_streamed_and_never_held(folder):
    commit = folder.commit("large", "master", {"/model": b""})
    with (folder.reader.root / "large" / commit / "model").open("wb") as sparse:
        sparse.truncate(4 << 30)
    before = psutil.Process(os.getpid()).memory_info().rss
    answer = get(folder.port, f"/{commit}.master.large/model")
    assert answer.headers["content-length"] == str(4 << 30)
    for _ in range(96):
        assert len(answer.read(1 << 20)) == 1 << 20
    assert psutil.Process(os.getpid()).memory_info().rss - before < 64 << 20
    answer.close()  # a client that hangs up half-way
    assert get(folder.port, f"/{commit}.master.large").status == 200


def test_small_answers_do_not_wait_for_acknowledgements(folder):
    commit = folder.commit("small", "master", {"/a": b"x"})
    connection = http.client.HTTPConnection("127.0.0.1", folder.port, timeout=10)
    durations = []
    for _ in range(20):
        started = time.perf_counter()
        connection.request("GET", f"/{commit}.master.small/a")
        assert connection.getresponse().read() == b"x"
        durations.append(time.perf_counter() - started)
    assert statistics.median(durations) < 0.03


class Broken:
    def repos(self) -> list[str]:
        raise RuntimeError("the disk is gone")


def test_a_failure_of_the_store_is_an_internal_error_and_logged(caplog):
    stop = serve_in_thread(Broken(), 0)
    try:
        answer = get(stop.port, "/")
        assert (answer.status, b"<Code>InternalError</Code>" in answer.read()) == (500, True)
    finally:
        stop()
    assert "the disk is gone" in caplog.text
