"""PFS: writing and reading files."""

from __future__ import annotations

import tarfile
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
from google.protobuf import empty_pb2, wrappers_pb2

from releasectl.sandbox.pachd import files
from releasectl.sandbox.pachd.errors import PachError, unimplemented
from releasectl.sandbox.pachd.records import Commit
from releasectl.sandbox.pachd.servicers.selecting import Named, below, one, select
from releasectl.sandbox.pachd.servicers.table import Server
from releasectl.sandbox.pachd.servicers.waiting import listen
from releasectl.sandbox.pachd.store.blobs import open_chunks
from releasectl.sandbox.pachd.store.trees import Dir, File, Item

Context = grpc.ServicerContext
PIECE = 2 * 1024 * 1024
NEWS = 0.005  # seconds in which the word that a client broke off may lag behind the end of its stream


def modify_file(server: Server, requests: Iterator[Any], context: Context) -> Any:
    first = next(requests, None)
    if first is None or first.WhichOneof("body") != "set_commit":
        raise PachError("the first message of ModifyFile must be set_commit")
    listen(server.store, context)

    def find(source: Any) -> Item:
        _, _, (_, item) = one(server, context, source)
        return item

    gone = threading.Event()
    if not context.add_callback(gone.set):
        gone.set()
    files.modify(server.store, first.set_commit, requests, find, lambda: not gone.wait(NEWS))
    return empty_pb2.Empty()


def get_file(server: Server, request: Any, context: Context) -> Iterator[Any]:
    if request.URL:
        raise unimplemented("the sandbox does not upload files to other stores")
    _, _, found = select(server, context, request.file)
    path, item = found[0]
    if len(found) > 1 or isinstance(item, Dir):
        raise PachError(f"{path} is a directory or several files match. Use GetFileTAR instead")
    chunks = _of_tag(item, request.file.datum)
    with open_chunks(server.store.blobs, chunks) as stream:
        stream.seek(request.offset)
        # an empty file still sends one message: the client's get_file fails on a stream without any
        data = stream.read(PIECE)
        yield wrappers_pb2.BytesValue(value=data)
        while data := stream.read(PIECE):
            yield wrappers_pb2.BytesValue(value=data)


def _of_tag(file: File, tag: str) -> tuple[Any, ...]:
    return dict(file.parts).get(tag, ()) if tag else file.chunks


def get_file_tar(server: Server, request: Any, context: Context) -> Iterator[Any]:
    if request.URL:
        raise unimplemented("the sandbox does not upload files to other stores")
    _, commit, found = select(server, context, request.file)
    buffer = bytearray()
    for data in _tar(server, found, commit):
        buffer += data
        if len(buffer) >= PIECE:
            yield wrappers_pb2.BytesValue(value=bytes(buffer))
            buffer.clear()
    yield wrappers_pb2.BytesValue(value=bytes(buffer))


def _tar(server: Server, found: Iterable[Named], commit: Commit) -> Iterator[bytes]:
    for path, item in below(server, found):
        if path == "/":
            continue
        info = tarfile.TarInfo(path)
        info.mtime = (commit.finishing or commit.started) // 10**9
        if isinstance(item, Dir):
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            yield info.tobuf(tarfile.PAX_FORMAT)
            continue
        info.size = item.size
        yield info.tobuf(tarfile.PAX_FORMAT)
        with open_chunks(server.store.blobs, item.chunks) as stream:
            while data := stream.read(PIECE):
                yield data
        yield b"\0" * (-item.size % tarfile.BLOCKSIZE)
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


HANDLERS = {
    "ModifyFile": modify_file,
    "GetFile": get_file,
    "GetFileTAR": get_file_tar,
}
