"""The adapter against the sandbox's pachd, or against a real one: RELEASECTL_TEST_PACHD=host:port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from releasectl.model import Json, Platform, Source
from releasectl.platforms.pachyderm import build
from releasectl.ports import JobState, VersionedData

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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def pachd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if address := os.environ.get("RELEASECTL_TEST_PACHD"):
        yield address
        return
    state = tmp_path_factory.mktemp("pachd")
    port, s3 = free_port(), free_port()
    command = [sys.executable, "-m", "releasectl.sandbox.pachd", "--state", str(state), "--port", str(port)]
    command += ["--s3-port", str(s3), "--workers", sys.prefix, "--code", str(Path.cwd())]
    with (state / "log").open("wb") as log, subprocess.Popen(command, stderr=log, stdout=log) as process:
        try:
            await_port(port, process, state / "log")
            yield f"127.0.0.1:{port}"
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
