"""Tiny models behind the sandbox's S3 gateway, and sandboxes that serve them."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from releasectl.sandbox.s3.gateway import serve_in_thread
from tests.contract.s3.folder import FolderReader
from tests.contract.seldon.sandbox import ROOT, SERVERS, Sandbox

Commit = Callable[..., str]


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder that holds a folder of every kind. The first worker to ask makes it."""
    home = tmp_path_factory.getbasetemp()
    shared = home if worker_id == "master" else home.parent
    made, partial = shared / "artefacts", shared / "artefacts.partial"
    with FileLock(shared / "artefacts.lock"):
        if not made.exists():
            shutil.rmtree(partial, ignore_errors=True)
            command = [str(SERVERS / "bin" / "python"), "-m", "tests.contract.seldon.make_artefacts"]
            command.append(str(partial))
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            partial.rename(made)
    return made


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> FolderReader:
    return FolderReader(tmp_path_factory.mktemp("commits"))


@pytest.fixture(scope="session")
def s3(reader: FolderReader) -> Iterator[str]:
    stop = serve_in_thread(reader, 0)
    yield f"http://127.0.0.1:{stop.port}"
    stop()


@pytest.fixture
def commit(reader: FolderReader, artefacts: Path) -> Commit:
    """Commit artefacts of these kinds to copy_models@master; returns the commit."""

    def make(*kinds: str) -> str:
        new = uuid.uuid4().hex
        for kind in kinds or ("model",):
            target = reader.root / "copy_models" / new / "income"
            shutil.copytree(artefacts / kind, target, dirs_exist_ok=True)
        reader.heads["copy_models"] = {"master": new}
        return new

    return make


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory, s3: str) -> Iterator[Sandbox]:
    """One that the tests share: each has a deployment of its own."""
    started = Sandbox(tmp_path_factory.mktemp("shared") / "seldon", s3)
    started.start()
    yield started
    started.end()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    """A deployment's name, which is free again after the test if that uses the shared sandbox."""
    name = f"m{uuid.uuid4().hex[:8]}"
    yield name
    if "sandbox" in request.fixturenames:
        client = request.getfixturevalue("sandbox").client
        if any(
            each.metadata.name == name
            for each in client.deployments.list_seldon_deployments(client.namespace).items
        ):
            client.delete(name)
