"""Writing files: the operations of one ModifyFile call are collected, then applied all at once."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from releasectl.sandbox.pachd import branches, commits, content, jobs, lifecycle, repos
from releasectl.sandbox.pachd.errors import Code, PachError, unimplemented
from releasectl.sandbox.pachd.records import Commit, Repo
from releasectl.sandbox.pachd.store import paths
from releasectl.sandbox.pachd.store.blobs import BlobBatch, BlobWriter
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.draft import Draft
from releasectl.sandbox.pachd.store.trees import DEFAULT_TAG, Item
from releasectl.sandbox.pachd.transactions import transaction
from releasectl.sandbox.pachd.txn import Store

Operation = Callable[[Draft], None]
FETCH_TIMEOUT = 60


@dataclass
class Upload:
    """Collects operations; consecutive pieces of one file become one blob, however small they come."""

    batch: BlobBatch
    operations: list[Operation] = field(default_factory=list)
    _current: tuple[str, str] | None = None
    _writer: BlobWriter | None = None

    def add(self, path: str, tag: str, data: bytes) -> None:
        target = (writable(path), tag or DEFAULT_TAG)
        if self._current != target or self._writer is None:
            self.end()
            self._current, self._writer = target, self.batch.writer()
        self._writer.write(data)

    def fetch(self, path: str, tag: str, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise unimplemented(f"the sandbox fetches http and https URLs only, not {url!r}")
        with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT) as response:
            while data := response.read(1 << 20):
                self.add(path, tag, data)

    def delete(self, path: str, tag: str) -> None:
        self.end()
        target = paths.clean(path)
        self.operations.append(lambda draft: draft.delete(target, tag or DEFAULT_TAG))

    def copy(self, path: str, tag: str, item: Item, *, append: bool) -> None:
        self.end()
        target, tag = writable(path), tag or DEFAULT_TAG

        def run(draft: Draft) -> None:
            if not append:
                draft.delete(target, tag)
                draft.delete(target + "/", tag)
            draft.copy(target, item, tag)

        self.operations.append(run)

    def end(self) -> None:
        """Close the file that is being written, if any."""
        if self._writer is None or self._current is None:
            return
        (path, tag), chunk = self._current, self._writer.close()
        self._current = self._writer = None
        self.operations.append(lambda draft: draft.append(path, tag, (chunk,)))

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.discard()


def writable(path: str) -> str:
    cleaned = paths.clean(path)
    if reason := paths.fault(cleaned):
        raise PachError(reason)
    return cleaned.rstrip("/")


def modify(
    store: Store,
    target: Any,
    requests: Iterator[Any],
    find: Callable[[Any], Item],
    complete: Callable[[], bool],
) -> None:
    """Apply a stream of ModifyFileRequests to the commit or branch `target` (a pfs_v2.Commit).

    `find` gives the source of a copy. Nothing is visible before everything has arrived: gRPC may end the
    stream of a client that broke off as if it were complete, so `complete` is asked before and after.
    """
    upload = Upload(store.blobs.batch())
    try:
        for request in requests:
            _collect(upload, request, find)
        upload.end()
        _apply(store, target, upload, complete)
    finally:
        upload.abandon()


def _collect(upload: Upload, request: Any, find: Callable[[Any], Item]) -> None:
    kind = request.WhichOneof("body")
    body = getattr(request, kind) if kind else None
    if kind == "add_file" and body is not None:
        if body.WhichOneof("source") == "url":
            upload.fetch(body.path, body.datum, body.url.URL)
        else:
            upload.add(body.path, body.datum, body.raw.value)
    elif kind == "delete_file" and body is not None:
        upload.delete(body.path, body.datum)
    elif kind == "copy_file" and body is not None:
        upload.copy(body.dst, body.datum, find(body.src), append=body.append)
    else:
        raise PachError("set_commit must come first, and once, in a ModifyFile stream")


def _apply(store: Store, target: Any, upload: Upload, complete: Callable[[], bool]) -> None:
    while True:
        seen = store.db.changes.count
        try:
            _apply_now(store, target, upload, complete)
        except PachError as error:
            if error.code is not Code.UNAVAILABLE:
                raise
            store.db.changes.wait_beyond(seen, timeout=5)  # the parent is about to be finished
        else:
            return


def _apply_now(store: Store, target: Any, upload: Upload, complete: Callable[[], bool]) -> None:
    if not complete():
        raise PachError("the client broke off", Code.CANCELLED)
    with transaction(store) as txn:
        upload.batch.flush(txn.conn)
        wanted = target.branch
        repo = repos.get(txn.conn, wanted.repo.project.name, wanted.repo.name, wanted.repo.type)
        commit = _open_commit(txn.conn, repo, wanted.name, target.id)
        one_off = commit is None
        if commit is None:
            commit = lifecycle.start(txn, repo, wanted.name)
        draft = Draft(store.trees, txn.conn, content.tree(txn.conn, commit))
        for operation in upload.operations:
            operation(draft)
        txn.conn.execute("UPDATE commits SET tree = ? WHERE row = ?", (draft.save().key, commit.row))
        if one_off:
            commits.close(txn, commit)
        if not complete():
            raise PachError("the client broke off", Code.CANCELLED)


def _open_commit(conn: Conn, repo: Repo, branch: str, reference: str) -> Commit | None:
    """The commit to write into, or None when a new one has to be made on the branch."""
    if not reference and branches.find(conn, repo.row, branch) is None:
        return None
    commit = commits.resolve(conn, repo, branch, reference)
    if commit.finishing is not None:
        if reference:
            raise PachError(f"commit {commit.id} in repo {repo} has already finished")
        return None
    if jobs.of_output(conn, commit.row):
        raise PachError(f"commit {commit.id} in repo {repo} is written by its job, not by a client")
    return commit
