"""The adapter against the sandbox's pachd, or against a real one: RELEASECTL_TEST_PACHD=host:port."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from releasectl.model import Json, Platform, Source
from releasectl.platforms.pachyderm import build
from releasectl.ports import JobState, VersionedData
from tests.contract.pachyderm.server import Server

ENDED = ("success", "failure", "killed", "unrunnable")
Connect = Callable[..., VersionedData]


@pytest.fixture(scope="session")
def connect() -> Connect:
    """An adapter for an address, with the platform's fields as keywords."""

    def connected(pachd: str, **fields: Any) -> VersionedData:
        defaults: dict[str, Any] = {
            "name": "test",
            "pachd": pachd,
            "pachd_tls": False,
            "pachd_token_env": None,
            "s3": "",
            "seldon_deploy": "",
            "seldon_deploy_token_env": None,
            "ingress": "",
            "timeout_seconds": 10.0,
            "sandbox": {},
            "source": Source("environments/platforms/test.yaml", {}, {}),
        }
        return build(Platform(**defaults | fields))

    return connected


@pytest.fixture(scope="session")
def pachd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if address := os.environ.get("RELEASECTL_TEST_PACHD"):
        yield address
        return
    server = Server(tmp_path_factory.mktemp("pachd") / "state")
    server.start()
    yield f"127.0.0.1:{server.port}"
    server.close()


@pytest.fixture
def data(pachd: str, connect: Connect) -> VersionedData:
    return connect(pachd)


@pytest.fixture
def client(pachd: str) -> Any:
    """python-pachyderm's own client, to look at the server from another side."""
    import python_pachyderm

    host, _, port = pachd.rpartition(":")
    return python_pachyderm.Client(host, int(port))


@pytest.fixture
def repo() -> str:
    """The name of a repository that no other test has."""
    return f"test_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def spec() -> Callable[..., Json]:
    """A pipeline that runs a shell script over one repository."""

    def written(name: str, source: str, *script: str, **fields: Json) -> Json:
        return {
            "pipeline": {"name": name},
            "transform": {"image": "debian:12-slim", "cmd": ["sh", "-e"], "stdin": list(script)},
            "input": {"pfs": {"repo": source, "branch": "master", "glob": "/", "name": "source"}},
            **fields,
        }

    return written


@pytest.fixture
def settled(data: VersionedData) -> Callable[..., JobState]:
    """The newest job of a pipeline, once it has ended."""

    def wait(pipeline: str, newer_than: JobState | None = None) -> JobState:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            jobs = data.jobs(pipeline)
            if jobs and jobs[0].state in ENDED and jobs[0] != newer_than:
                return jobs[0]
            time.sleep(0.05)
        pytest.fail(f"{pipeline} does not settle: {data.jobs(pipeline)}")

    return wait
