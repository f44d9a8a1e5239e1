"""The S3 gateway of one job: each s3 input is a bucket of its own name, pinned to the job's commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from releasectl.sandbox.pachd.jobs import Job
from releasectl.sandbox.pachd.pps import datums, visit
from releasectl.sandbox.pachd.reader import Entry
from releasectl.sandbox.pachd.stored import StoredFiles
from releasectl.sandbox.pachd.txn import Store

BRANCH = "master"  # a bucket without a branch means this one
CREDENTIAL = "default"  # without auth any pair will do whose halves are equal


@dataclass(frozen=True)
class _Input:
    repo: str
    commit: str
    files: StoredFiles


class PinnedInputs:
    """Implements `Reader` for the inputs of one job."""

    def __init__(self, inputs: Mapping[str, _Input]) -> None:
        self._inputs = inputs

    def repos(self) -> Sequence[str]:
        return sorted(self._inputs)

    def branches(self, repo: str) -> Mapping[str, str]:
        found = self._inputs.get(repo)
        return {BRANCH: found.commit} if found else {}

    def resolve(self, repo: str, branch: str, commit: str | None) -> str | None:
        pinned = self.branches(repo).get(branch)
        return pinned if commit in (None, pinned) else None

    def entries(self, repo: str, commit: str, prefix: str = "") -> Sequence[Entry]:
        found = self._inputs[repo]
        return found.files.entries(found.repo, commit, prefix)

    def open(self, repo: str, commit: str, path: str) -> BinaryIO:
        found = self._inputs[repo]
        return found.files.open(found.repo, commit, path)


@contextmanager
def sidecar(store: Store, job: Job, spec: Any) -> Iterator[dict[str, str]]:
    """What workers need to know of the gateway, which ends with the job; without s3 inputs there is none."""
    inputs = {}
    with store.db.read() as conn:
        pin = datums.pinned(conn, job.output)
        for leaf in visit.leaves(spec.input):
            if leaf.DESCRIPTOR.name == "PFSInput" and leaf.s3:
                commit = pin(leaf.project, leaf.repo, leaf.repo_type, leaf.branch)
                inputs[leaf.name] = _Input(leaf.repo, commit.id, StoredFiles(store, leaf.project))
    if not inputs:
        yield {}
        return
    from releasectl.sandbox.s3.gateway import serve_in_thread

    running = serve_in_thread(PinnedInputs(inputs), 0)
    try:
        yield {
            "S3_ENDPOINT": f"http://127.0.0.1:{running.port}",
            "S3GATEWAY_PORT": str(running.port),
            "AWS_ACCESS_KEY_ID": CREDENTIAL,
            "AWS_SECRET_ACCESS_KEY": CREDENTIAL,
        }
    finally:
        running()
