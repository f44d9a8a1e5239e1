"""What a path or a glob pattern of a request stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

import grpc

from releasectl.sandbox.pachd import globs
from releasectl.sandbox.pachd.errors import not_found
from releasectl.sandbox.pachd.records import Commit, Repo
from releasectl.sandbox.pachd.servicers.table import Server
from releasectl.sandbox.pachd.servicers.waiting import readable
from releasectl.sandbox.pachd.store import paths
from releasectl.sandbox.pachd.store.trees import Dir, Item

Context = grpc.ServicerContext
Named = tuple[str, Item]


def missing(path: str, repo: Repo, commit: Commit) -> NoReturn:
    raise not_found(f"file {path} not found in repo {repo} at commit {commit.id}")


def select(server: Server, context: Context, file: Any) -> tuple[Repo, Commit, list[Named]]:
    """What a path or a glob pattern stands for."""
    store = server.store
    repo, commit, root = readable(store, context, file.commit)
    with store.db.read() as conn:
        if globs.SPECIAL.search(file.path):
            found = [(path, item) for path, item, _ in globs.match(store.trees, conn, root, file.path)]
        else:
            path = paths.clean(file.path)
            item = store.trees.find(conn, root, path)
            found = [] if item is None else [(full_path(path, item), item)]
    return repo, commit, found


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
