"""What the tests of pachd share: unique names, cheap shell pipelines, and expecting a refusal."""

from __future__ import annotations

import contextlib
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from python_pachyderm import Client
from python_pachyderm.service import pfs_proto, pps_proto

REAL = os.environ.get("RELEASECTL_TEST_PACHD")
PATIENCE = 20 if REAL else 1  # pods take their time
only_sandbox = pytest.mark.skipif(
    bool(REAL), reason="only the stand-in promises this; a real pachd may differ"
)


class Lab:
    """Makes repositories and pipelines under names that no other test has, and removes them."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.tag = "t" + uuid.uuid4().hex[:8]
        self._pipelines: list[str] = []
        self._repos: list[str] = []

    def name(self, base: str) -> str:
        return f"{self.tag}_{base}"

    def repo(self, base: str = "data") -> str:
        name = self.name(base)
        self.client.create_repo(name)
        self._repos.append(name)
        return name

    def own_repo(self, name: str) -> None:
        self._repos.append(name)

    def own_pipeline(self, name: str) -> None:
        self._pipelines.append(name)

    def pipeline(self, base: str, *script: str, input: Any, transform: Any = None, **spec: Any) -> str:
        """A pipeline that runs a shell script, one argument per line."""
        name = self.name(base)
        self._pipelines.append(name) if name not in self._pipelines else None
        self.client.create_pipeline(name, transform=transform or sh(*script), input=input, **spec)
        return name

    def put(self, repo: str, files: dict[str, bytes], branch: str = "master") -> str:
        """One finished commit that adds files."""
        with self.client.commit(repo, branch) as commit, self.client.modify_file_client(commit) as changes:
            for path, content in files.items():
                changes.put_file_from_bytes(path, content)
        return str(commit.id)

    def wait(self, commit: str) -> dict[str, Any]:
        """Everything of a commit set, when it is finished, by user repository."""
        infos = self.client.wait_commit(commit)
        return {info.commit.repo.name: info for info in infos if info.commit.repo.type == "user"}

    def files(self, repo: str, commit: str = "master") -> dict[str, bytes]:
        """Paths and contents of every file."""
        reference = (repo, commit)
        found = self.client.walk_file(reference, "/")
        paths = [info.file.path for info in found if info.file_type == pfs_proto.FileType.FILE]
        return {path: self.client.get_file(reference, path).read() for path in paths}

    def head(self, repo: str, branch: str = "master") -> str:
        return str(self.client.inspect_branch(repo, branch).head.id)

    def job(self, pipeline: str, job: str) -> Any:
        """The job, when it is over."""
        (info,) = self.client.inspect_job(job, pipeline, wait=True, details=True)
        return info

    def last_job(self, pipeline: str) -> Any:
        newest = next(iter(self.client.list_job(pipeline, history=-1)))
        return self.job(pipeline, newest.job.id)

    def logs(self, pipeline: str, job: str) -> list[str]:
        return [line.message for line in self.client.get_job_logs(pipeline, job) if line.user]

    def clean(self) -> None:
        for name in reversed(self._pipelines):
            with _unless_missing():
                self.client.delete_pipeline(name, force=True)
        for name in reversed(self._repos):
            self.client.delete_repo(name, force=True)


@contextlib.contextmanager
def _unless_missing() -> Iterator[None]:
    """The test may have removed it, or may have been refused it."""
    try:
        yield
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise


def sh(*script: str, **fields: Any) -> Any:
    return pps_proto.Transform(cmd=["sh", "-e"], stdin=script, **fields)


def pfs(repo: str, glob: str = "/*", **fields: Any) -> Any:
    return pps_proto.Input(pfs=pps_proto.PFSInput(repo=repo, glob=glob, **fields))


@contextlib.contextmanager
def refused(text: str = "", code: grpc.StatusCode | None = None) -> Iterator[None]:
    """The call must fail with this code, and a text in which the pattern is found."""
    with pytest.raises((grpc.RpcError, ConnectionError)) as caught:
        yield
    error = caught.value
    if isinstance(error, ConnectionError):
        assert error.__cause__ is not None
        error = error.__cause__  # python-pachyderm wraps what get_file meets
    assert re.search(text, error.details(), re.IGNORECASE), error.details()
    if code is not None:
        assert error.code() is code, error.details()


def until(condition: Callable[[], Any], limit: float = 15) -> None:
    deadline = time.monotonic() + limit * PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


NOT_FOUND = grpc.StatusCode.NOT_FOUND
EXISTS = grpc.StatusCode.ALREADY_EXISTS
