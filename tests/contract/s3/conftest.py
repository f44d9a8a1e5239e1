"""One suite, three backends: a reader over a folder, the sandbox's pachd, or a real one when it is named."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import boto3
import pytest
from botocore.config import Config

from releasectl.sandbox.pachd.reader import Entry
from releasectl.sandbox.s3.gateway import serve_in_thread


class FolderReader:
    """A `Reader` over folders named <repo>/<commit>: the least that can stand behind the gateway."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.heads: dict[str, dict[str, str]] = {}

    def commit(self, repo: str, branch: str, files: Mapping[str, bytes]) -> str:
        commit = uuid.uuid4().hex
        for path, content in files.items():
            file = self.root / repo / commit / path.removeprefix("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        (self.root / repo / commit).mkdir(parents=True, exist_ok=True)
        self.heads.setdefault(repo, {})[branch] = commit
        return commit

    def repos(self) -> Sequence[str]:
        return sorted(self.heads)

    def branches(self, repo: str) -> Mapping[str, str]:
        return self.heads.get(repo, {})

    def resolve(self, repo: str, branch: str, commit: str | None) -> str | None:
        found = commit or self.branches(repo).get(branch)
        return found if found and (self.root / repo / found).is_dir() else None

    def entries(self, repo: str, commit: str, prefix: str = "") -> Sequence[Entry]:
        top = self.root / repo / commit
        files = [file for file in top.rglob("*") if file.is_file()]
        found = [self.entry(file, f"/{file.relative_to(top).as_posix()}") for file in files]
        return sorted(entry for entry in found if entry.path.startswith(prefix))

    def entry(self, file: Path, path: str) -> Entry:
        status = file.stat()
        digest = hashlib.sha256(f"{file}{status.st_size}".encode()).hexdigest()
        return Entry(path, status.st_size, digest, datetime.fromtimestamp(status.st_mtime, UTC))

    def open(self, repo: str, commit: str, path: str) -> BinaryIO:
        return (self.root / repo / commit / path.removeprefix("/")).open("rb")


@dataclass(frozen=True)
class Backend:
    """Where the gateway is, and how a test puts a commit behind it."""

    url: str
    commit: Callable[[str, str, Mapping[str, bytes]], str]
    reader: FolderReader | None = None
    sandbox: bool = True

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2].rstrip("/"))

    def client(self, key: str = "noauth", secret: str = "noauth", signature: Any = "s3v4") -> Any:
        """A boto3 client with path-style addresses, and without retries that would hide a failure."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            region_name="us-east-1",
            config=Config(
                signature_version=signature,
                s3={"addressing_style": "path"},
                retries={"max_attempts": 0},
                read_timeout=20,
            ),
        )


@dataclass(frozen=True)
class Bucket:
    repo: str
    commit: str

    @property
    def name(self) -> str:
        return f"{self.commit}.master.{self.repo}"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    reader = FolderReader(tmp_path_factory.mktemp("folder"))
    stop = serve_in_thread(reader, 0)
    yield Backend(f"http://127.0.0.1:{stop.port}", reader.commit, reader)
    stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def pachd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """RELEASECTL_TEST_PACHD and RELEASECTL_TEST_S3 name a real one; without them the sandbox's is started."""
    address, url = os.environ.get("RELEASECTL_TEST_PACHD"), os.environ.get("RELEASECTL_TEST_S3")
    if address and url:
        yield Backend(url, committer(address), sandbox=False)
        return
    state = tmp_path_factory.mktemp("pachd")
    port, s3 = free_port(), free_port()
    command = [sys.executable, "-m", "releasectl.sandbox.pachd", "--state", str(state), "--port", str(port)]
    command += ["--s3-port", str(s3), "--workers", sys.prefix, "--code", str(Path.cwd())]
    with (state / "log").open("wb") as log, subprocess.Popen(command, stderr=log, stdout=log) as process:
        try:
            await_port(port, process, state / "log")
            await_port(s3, process, state / "log")
            yield Backend(f"http://127.0.0.1:{s3}", committer(f"127.0.0.1:{port}"))
        finally:
            process.terminate()
            process.wait(timeout=10)


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"pachd does not serve on {port}: {log.read_text()}")


def committer(address: str) -> Callable[[str, str, Mapping[str, bytes]], str]:
    """Commits through python-pachyderm, one finished commit a call."""
    import python_pachyderm

    host, _, port = address.rpartition(":")
    client = python_pachyderm.Client(host, int(port))

    def commit(repo: str, branch: str, files: Mapping[str, bytes]) -> str:
        client.create_repo(repo, update=True)
        with client.commit(repo, branch) as made, client.modify_file_client(made) as modify:
            modify.delete_file("/")
            for path, content in files.items():
                modify.put_file_from_bytes(path, content)
        client.wait_commit((repo, made.id))
        return str(made.id)

    return commit


@pytest.fixture(params=["folder", pytest.param("pachd", marks=pytest.mark.processes)])
def backend(request: pytest.FixtureRequest) -> Backend:
    found: Backend = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def s3(backend: Backend) -> Any:
    return backend.client()


@pytest.fixture
def ours(backend: Backend) -> None:
    """For what we do on purpose unlike Pachyderm 2.7: see the table in the facts of the S3 gateway."""
    if not backend.sandbox:
        pytest.skip("the gateway of pachd 2.7 writes, checks tokens, and pages version 2 as version 1")


@pytest.fixture
def make(backend: Backend) -> Callable[..., Bucket]:
    """A commit on master of a repository of its own, or of `repo`."""

    def made(files: Mapping[str, bytes], repo: str = "", branch: str = "master") -> Bucket:
        repo = repo or f"s3test{uuid.uuid4().hex[:12]}"
        return Bucket(repo, backend.commit(repo, branch, files))

    return made
