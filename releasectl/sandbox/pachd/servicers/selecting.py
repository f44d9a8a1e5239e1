"""What a path or a glob pattern of a request stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc

from releasectl.sandbox.pachd import globs
from releasectl.sandbox.pachd.errors import PachError, not_found
from releasectl.sandbox.pachd.records import Commit, Repo
from releasectl.sandbox.pachd.servicers.table import Server
from releasectl.sandbox.pachd.servicers.waiting import readable
from releasectl.sandbox.pachd.store import paths
from releasectl.sandbox.pachd.store.trees import Dir, Item

Context = grpc.ServicerContext
Named = tuple[str, Item]


def one(server: Server, context: Context, file: Any) -> tuple[Repo, Commit, Named]:
    """The file or directory at a path; NOT_FOUND if there is none."""
    repo, commit, root = readable(server.store, context, file.commit)
    path = paths.clean(file.path)
    with server.store.db.read() as conn:
        item = server.store.trees.find(conn, root, path)
    if item is None:
        raise _missing(file.path, repo, commit)
    return repo, commit, (full_path(path, item), item)


def select(server: Server, context: Context, file: Any) -> tuple[Repo, Commit, list[Named]]:
    """What a path or a glob pattern stands for; NOT_FOUND if that is nothing."""
    if not globs.SPECIAL.search(file.path):
        repo, commit, found = one(server, context, file)
        return repo, commit, [found]
    repo, commit, root = readable(server.store, context, file.commit)
    with server.store.db.read() as conn:
        matched = globs.match(server.store.trees, conn, root, file.path)
        several = [(path, item) for path, item, _ in matched]
    if not several:
        raise _missing(file.path, repo, commit)
    return repo, commit, several


def _missing(path: str, repo: Repo, commit: Commit) -> PachError:
    return not_found(f"file {path} not found in repo {repo} at commit {commit.id}")


def full_path(path: str, item: Item) -> str:
    return path.rstrip("/") + "/" if isinstance(item, Dir) else path


def below(server: Server, found: Iterable[Named]) -> list[Named]:
    """The items and all that is below them."""
    everything: dict[str, Item] = {}
    with server.store.db.read() as conn:
        for path, item in found:
            everything[path] = item
            if isinstance(item, Dir):
                everything.update(server.store.trees.walk(conn, item.key, path))
    return list(everything.items())
