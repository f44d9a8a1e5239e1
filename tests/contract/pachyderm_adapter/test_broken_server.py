"""A pachd that fails in the middle: nothing half-read is taken for whole, and every refusal is explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import wrappers_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pfs
from python_pachyderm.proto.v2.pfs import pfs_pb2_grpc

from releasectl.errors import BackendUnreachable, NotLookedAt, PlatformRefused
from releasectl.model import Missing

ID = "5d0c2f3e6a1b4c7f8e9d0a1b2c3d4e5f"
CODES = grpc.StatusCode


class Half(pfs_pb2_grpc.APIServicer):
    """Promises a file of ten bytes; `after` comes behind the first five."""

    def __init__(self, after: Callable[[grpc.ServicerContext], Any]) -> None:
        self.after = after
        self.metadata: dict[str, Any] = {}

    def InspectCommit(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.metadata = dict(context.invocation_metadata())
        return pfs.CommitInfo(commit=request.commit)

    def WalkFile(self, request: Any, _: grpc.ServicerContext) -> Iterator[Any]:
        yield self.InspectFile(request, _)

    def InspectFile(self, request: Any, _: grpc.ServicerContext) -> Any:
        return pfs.FileInfo(file=request.file, file_type=pfs.FileType.FILE, size_bytes=10)

    def GetFile(self, _: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        yield wrappers_pb2.BytesValue(value=b"12345")
        self.after(context)


@pytest.fixture
def broken(connect) -> Iterator[Callable[..., Any]]:
    servers = []

    def started(after: Callable[[grpc.ServicerContext], Any], **fields: Any) -> Any:
        server = grpc.server(ThreadPoolExecutor(2))
        servicer = Half(after)
        pfs_pb2_grpc.add_APIServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return connect(f"127.0.0.1:{port}", **fields), servicer

    yield started
    for server in servers:
        server.stop(None)


def aborting(code: grpc.StatusCode, details: str) -> Callable[[grpc.ServicerContext], None]:
    return lambda context: context.abort(code, details)


@pytest.mark.parametrize(
    ("code", "details", "expected", "words"),
    [
        (CODES.UNAVAILABLE, "transport is closing", BackendUnreachable, "no connection"),
        (CODES.UNAVAILABLE, "commit r@1 not finished", PlatformRefused, "not finished"),
        (CODES.UNKNOWN, "chunk 7 is missing", PlatformRefused, "chunk 7 is missing"),
        (CODES.UNAUTHENTICATED, "no token", NotLookedAt, "no permission"),
        (CODES.PERMISSION_DENIED, "robot:ci may not read", NotLookedAt, "no permission"),
        (CODES.DATA_LOSS, "chunk 7", PlatformRefused, "lost: chunk 7"),
        (CODES.INTERNAL, "Received http2 header with status: 502", BackendUnreachable, "not as a pachd"),
    ],
)
def test_a_stream_that_breaks_is_an_error(broken, code, details, expected, words):
    data, _ = broken(aborting(code, details))
    for call in (lambda: data.files("r", ID), lambda: data.read("r", ID, "/a")):
        with pytest.raises(expected, match=words) as raised:
            call()
        assert type(raised.value) is expected


def test_a_file_shorter_than_promised_is_an_error(broken):
    data, _ = broken(lambda _: None)
    with pytest.raises(PlatformRefused, match="5 bytes arrived of 10"):
        data.files("r", ID)


def test_a_file_that_vanishes_is_missing(broken):
    data, _ = broken(aborting(CODES.NOT_FOUND, "file /a not found"))
    assert data.read("r", ID, "/a") == Missing("file /a not found")


def test_the_token_is_sent_and_its_variable_named(broken, monkeypatch):
    data, servicer = broken(
        aborting(CODES.UNAUTHENTICATED, "expired"), pachd_token_env="PACHD_TOKEN_FOR_TEST"
    )
    monkeypatch.setenv("PACHD_TOKEN_FOR_TEST", "secret")
    with pytest.raises(PlatformRefused, match="PACHD_TOKEN_FOR_TEST"):
        data.files("r", ID)
    assert servicer.metadata["authn-token"] == "secret"


def test_without_a_variable_for_the_token_the_platform_file_is_named(broken):
    data, servicer = broken(aborting(CODES.UNAUTHENTICATED, "no token"))
    with pytest.raises(PlatformRefused, match=r"pachd_token_env in environments/platforms/test\.yaml"):
        data.files("r", ID)
    assert "authn-token" not in servicer.metadata
