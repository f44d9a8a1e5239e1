"""One suite, three backends: a reader over a folder, the sandbox's pachd, or a real one when it is named."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config

from releasectl.sandbox.s3.gateway import serve_in_thread
from tests.contract.pachyderm.server import Server
from tests.contract.s3.folder import FolderReader


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
        """A boto3 client of the gateway."""
        return client_of(self.url, key, secret, signature)


@cache
def client_of(url: str, key: str, secret: str, signature: Any) -> Any:
    """With path-style addresses, and without retries that would hide a failure; it takes longer to make than
    most tests take.
    """
    return boto3.client(
        "s3",
        endpoint_url=url,
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


@pytest.fixture(scope="session")
def pachd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """RELEASECTL_TEST_PACHD and RELEASECTL_TEST_S3 name a real one; without them the sandbox's is started."""
    address, url = os.environ.get("RELEASECTL_TEST_PACHD"), os.environ.get("RELEASECTL_TEST_S3")
    if address and url:
        yield Backend(url, committer(address), sandbox=False)
        return
    server = Server(tmp_path_factory.mktemp("pachd") / "state")
    server.start()
    yield Backend(f"http://127.0.0.1:{server.s3_port}", committer(f"127.0.0.1:{server.port}"))
    server.close()


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
