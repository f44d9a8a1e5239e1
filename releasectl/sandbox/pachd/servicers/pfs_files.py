"""PFS: writing, reading, listing and comparing files."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
from google.protobuf import empty_pb2, wrappers_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2

from releasectl.sandbox.pachd import content, convert, files, globs
from releasectl.sandbox.pachd.errors import PachError, not_found, unimplemented
from releasectl.sandbox.pachd.records import Commit, Repo
from releasectl.sandbox.pachd.servicers.table import Server
from releasectl.sandbox.pachd.servicers.waiting import listen, readable
from releasectl.sandbox.pachd.store import paths
from releasectl.sandbox.pachd.store.blobs import open_chunks
from releasectl.sandbox.pachd.store.trees import EMPTY_DIR, Dir, File, Item

Context = grpc.ServicerContext
PIECE = 2 * 1024 * 1024
Named = tuple[str, Item]


def modify_file(server: Server, requests: Iterator[Any], context: Context) -> Any:
    first = next(requests, None)
    if first is None or first.WhichOneof("body") != "set_commit":
        raise PachError("the first message of ModifyFile must be set_commit")
    listen(server.store, context)

    def find(source: Any) -> Item:
        repo, commit, root = readable(server.store, context, source.commit)
        with server.store.db.read() as conn:
            item = server.store.trees.find(conn, root, paths.clean(source.path))
        return item if item is not None else _missing(source.path, repo, commit)

    files.modify(server.store, first.set_commit, requests, find)
    return empty_pb2.Empty()


def _missing(path: str, repo: Repo, commit: Commit) -> Any:
    raise not_found(f"file {path} not found in repo {repo} at commit {commit.id}")


def _select(server: Server, context: Context, file: Any) -> tuple[Repo, Commit, list[Named]]:
    """What a path or a glob pattern stands for."""
    store = server.store
    repo, commit, root = readable(store, context, file.commit)
    with store.db.read() as conn:
        if globs.SPECIAL.search(file.path):
            found = [(path, item) for path, item, _ in globs.match(store.trees, conn, root, file.path)]
        else:
            path = paths.clean(file.path)
            item = store.trees.find(conn, root, path)
            found = [] if item is None else [(_full(path, item), item)]
    return repo, commit, found


def _full(path: str, item: Item) -> str:
    return path.rstrip("/") + "/" if isinstance(item, Dir) else path


def get_file(server: Server, request: Any, context: Context) -> Iterator[Any]:
    if request.URL:
        raise unimplemented("the sandbox does not upload files to other stores")
    repo, commit, found = _select(server, context, request.file)
    if not found:
        _missing(request.file.path, repo, commit)
    path, item = found[0]
    if len(found) > 1 or isinstance(item, Dir):
        raise PachError(f"{path} is a directory or several files match. Use GetFileTAR instead")
    chunks = _of_tag(item, request.file.datum) if isinstance(item, File) else ()
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
    repo, commit, found = _select(server, context, request.file)
    if not found:
        _missing(request.file.path, repo, commit)
    buffer = bytearray()
    for data in _tar(server, found, commit):
        buffer += data
        if len(buffer) >= PIECE:
            yield wrappers_pb2.BytesValue(value=bytes(buffer))
            buffer.clear()
    yield wrappers_pb2.BytesValue(value=bytes(buffer))


def _below(server: Server, found: Iterable[Named]) -> list[Named]:
    """The items and all that is below them."""
    everything: dict[str, Item] = {}
    with server.store.db.read() as conn:
        for path, item in found:
            everything[path] = item
            if isinstance(item, Dir):
                everything.update(server.store.trees.walk(conn, item.key, path))
    return list(everything.items())


def _tar(server: Server, found: Iterable[Named], commit: Commit) -> Iterator[bytes]:
    for path, item in _below(server, found):
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


def inspect_file(server: Server, request: Any, context: Context) -> Any:
    repo, commit, root = readable(server.store, context, request.file.commit)
    path = paths.clean(request.file.path)
    with server.store.db.read() as conn:
        item = server.store.trees.find(conn, root, path)
    if item is None:
        return _missing(request.file.path, repo, commit)
    return convert.file_info(convert.commit(repo, commit), commit.finishing, _full(path, item), item)


def _page(request: Any, found: Iterable[Named]) -> list[Named]:
    marker, number = request.paginationMarker.path, request.number
    if request.reverse and number == 0:
        raise PachError("number must be > 0 when reverse is set")
    if number < 0:
        raise PachError("number must not be negative")
    listed = list(found)
    if marker:
        marker = paths.clean(marker)
        listed = [item for item in listed if (item[0] < marker if request.reverse else item[0] > marker)]
    if request.reverse:
        listed.reverse()
    return listed[: number or None]


def list_file(server: Server, request: Any, context: Context) -> Iterator[Any]:
    """Direct children; a missing directory is an empty one."""
    repo, commit, root = readable(server.store, context, request.file.commit)
    path = paths.clean(request.file.path).rstrip("/") + "/"
    with server.store.db.read() as conn:
        item = server.store.trees.find(conn, root, path)
        children = server.store.trees.children(conn, item.key, path) if isinstance(item, Dir) else iter(())
        found = _page(request, children)
    yield from _infos(repo, commit, found)


def walk_file(server: Server, request: Any, context: Context) -> Iterator[Any]:
    repo, commit, root = readable(server.store, context, request.file.commit)
    path = paths.clean(request.file.path)
    with server.store.db.read() as conn:
        item = server.store.trees.find(conn, root, path)
    if item is None:
        _missing(request.file.path, repo, commit)
    elif item != EMPTY_DIR:
        yield from _infos(repo, commit, _page(request, _below(server, [(_full(path, item), item)])))


def glob_file(server: Server, request: Any, context: Context) -> Iterator[Any]:
    repo, commit, root = readable(server.store, context, request.commit)
    lower, upper = request.path_range.lower, request.path_range.upper
    with server.store.db.read() as conn:
        found = [
            (path, item) for path, item, _ in globs.match(server.store.trees, conn, root, request.pattern)
        ]
    inside = [(path, item) for path, item in found if path >= lower and (not upper or path < upper)]
    yield from _infos(repo, commit, inside)


def _infos(repo: Repo, commit: Commit, found: Iterable[Named]) -> Iterator[Any]:
    where = convert.commit(repo, commit)
    for path, item in found:
        yield convert.file_info(where, commit.finishing, path, item)


def diff_file(server: Server, request: Any, context: Context) -> Iterator[Any]:
    """What differs between two paths, or between a path and itself in the parent commit."""
    store = server.store
    repo, commit, root = readable(store, context, request.new_file.commit)
    new_path = paths.clean(request.new_file.path)
    if request.HasField("old_file"):
        old_repo, old_commit, old_root = readable(store, context, request.old_file.commit)
        old_path = paths.clean(request.old_file.path)
    else:
        with store.db.read() as conn:
            below = content.base(conn, commit) or commit
            old_root = content.tree(conn, below) if below is not commit else EMPTY_DIR.key
        old_repo, old_commit, old_path = repo, below, new_path
    with store.db.read() as conn:
        new, old = store.trees.find(conn, root, new_path), store.trees.find(conn, old_root, old_path)
        pairs = list(_pairs(server, conn, (new_path, new), (old_path, old)))
    left, right = convert.commit(repo, commit), convert.commit(old_repo, old_commit)
    for (path, item), (other_path, other) in pairs:
        yield pfs_pb2.DiffFileResponse(
            new_file=convert.file_info(left, commit.finishing, path, item) if item else None,
            old_file=convert.file_info(right, old_commit.finishing, other_path, other) if other else None,
        )


def _pairs(
    server: Server, conn: Any, new: tuple[str, Item | None], old: tuple[str, Item | None]
) -> Iterator[tuple[tuple[str, Item | None], tuple[str, Item | None]]]:
    (new_path, a), (old_path, b) = new, old
    if (a.hash if a else EMPTY_DIR.hash) == (b.hash if b else EMPTY_DIR.hash):
        return
    full, other = (path.rstrip("/") + "/" for path in (new_path, old_path))
    yield (full if isinstance(a, Dir) else new_path, a), (other if isinstance(b, Dir) else old_path, b)
    keys = [item.key if isinstance(item, Dir) else EMPTY_DIR.key for item in (a, b)]
    for relative, left, right in server.store.trees.diff(conn, keys[0], keys[1], ""):
        yield (full + relative, left), (other + relative, right)


def fsck(_server: Server, _request: Any, _: Context) -> Iterator[Any]:
    """The store's constraints hold by construction: there is nothing to report."""
    yield from ()


HANDLERS = {
    "ModifyFile": modify_file,
    "GetFile": get_file,
    "GetFileTAR": get_file_tar,
    "InspectFile": inspect_file,
    "ListFile": list_file,
    "WalkFile": walk_file,
    "GlobFile": glob_file,
    "DiffFile": diff_file,
    "Fsck": fsck,
}
