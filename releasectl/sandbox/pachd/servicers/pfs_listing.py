"""PFS: inspecting, listing and comparing files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import grpc
from python_pachyderm.proto.v2.pfs import pfs_pb2

from releasectl.sandbox.pachd import content, convert, globs
from releasectl.sandbox.pachd.errors import PachError
from releasectl.sandbox.pachd.records import Commit, Repo
from releasectl.sandbox.pachd.servicers.selecting import Named, below, one
from releasectl.sandbox.pachd.servicers.table import Server
from releasectl.sandbox.pachd.servicers.waiting import readable
from releasectl.sandbox.pachd.store import check, paths
from releasectl.sandbox.pachd.store.trees import EMPTY_DIR, Dir, Item

Context = grpc.ServicerContext


def inspect_file(server: Server, request: Any, context: Context) -> Any:
    repo, commit, (path, item) = one(server, context, request.file)
    return convert.file_info(convert.commit(repo, commit), commit.finishing, path, item)


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
    """A file, or a directory and all that is below it."""
    repo, commit, found = one(server, context, request.file)
    if found[1] != EMPTY_DIR:
        yield from _infos(repo, commit, _page(request, below(server, [found])))


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


def fsck(server: Server, _request: Any, _: Context) -> Iterator[Any]:
    """Content that commits refer to and that is not there any more; nothing can be fixed."""
    with server.store.db.read() as conn:
        faults = list(check.lost(conn, server.store.blobs, server.store.trees))
    for fault in faults:
        yield pfs_pb2.FsckResponse(error=fault)


HANDLERS = {
    "InspectFile": inspect_file,
    "ListFile": list_file,
    "WalkFile": walk_file,
    "GlobFile": glob_file,
    "DiffFile": diff_file,
    "Fsck": fsck,
}
