"""The Reader that the S3 gateway gets: the store, seen without gRPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from releasectl.sandbox.pachd import branches, commits, content, repos
from releasectl.sandbox.pachd.errors import PachError
from releasectl.sandbox.pachd.reader import Entry
from releasectl.sandbox.pachd.records import DEFAULT_PROJECT, USER
from releasectl.sandbox.pachd.store.blobs import open_chunks
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.trees import Dir, File
from releasectl.sandbox.pachd.txn import Store


class StoredFiles:
    """Implements `Reader` for one project."""

    def __init__(self, store: Store, project: str = DEFAULT_PROJECT) -> None:
        self._store = store
        self._project = project

    def repos(self) -> Sequence[str]:
        with self._store.db.read() as conn:
            return sorted(repo.name for repo in repos.all_of(conn, USER, (self._project,)))

    def branches(self, repo: str) -> Mapping[str, str]:
        with self._store.db.read() as conn:
            found = repos.find(conn, self._project, repo)
            own = branches.of_repo(conn, found.row) if found else []
            return {branch.name: branches.head(conn, branch).id for branch in own}

    def resolve(self, repo: str, branch: str, commit: str | None) -> str | None:
        """None for what does not exist, what failed, and what is not finished enough to be read."""
        with self._store.db.read() as conn:
            try:
                where = repos.get(conn, self._project, repo)
                branches.get(conn, where, branch)
                found = commits.resolve(conn, where, branch, commit or "")
                content.tree(conn, found)
            except PachError:
                return None
            readable = found.finishing is None or found.finished is not None
            return found.id if readable and not found.error else None

    def entries(self, repo: str, commit: str, prefix: str = "") -> Sequence[Entry]:
        folder = prefix[: prefix.rfind("/") + 1] or "/"
        with self._store.db.read() as conn:
            found = self._root(conn, repo, commit)
            if found is None:
                return []
            root, moment = found
            start = self._store.trees.find(conn, root, folder)
            if not isinstance(start, Dir):
                return []
            files = self._store.trees.files(conn, start.key, folder)
            return [Entry(path, f.size, f.hash, moment) for path, f in files if path.startswith(prefix)]

    def open(self, repo: str, commit: str, path: str) -> BinaryIO:
        with self._store.db.read() as conn:
            found = self._root(conn, repo, commit)
            file = self._store.trees.find(conn, found[0], path) if found else None
        if not isinstance(file, File):
            raise FileNotFoundError(f"file {path} not found in repo {repo} at commit {commit}")
        return open_chunks(self._store.blobs, file.chunks)

    def _root(self, conn: Conn, repo: str, commit: str) -> tuple[str, datetime] | None:
        where = repos.find(conn, self._project, repo)
        found = commits.by_id(conn, where.row, commit) if where else None
        if found is None or found.error:
            return None
        moment = datetime.fromtimestamp((found.finishing or found.started) / 1e9, UTC)
        return content.tree(conn, found), moment
