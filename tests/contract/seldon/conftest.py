"""Tiny models behind the sandbox's S3 gateway, and sandboxes that serve them."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from releasectl.sandbox.s3.gateway import serve_in_thread
from tests.contract.s3.folder import FolderReader
from tests.contract.seldon.sandbox import SERVERS, Sandbox

Commit = Callable[..., str]


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The folder that holds artefacts of these kinds, made once."""
    made: dict[tuple[str, ...], Path] = {}

    def make(*kinds: str) -> Path:
        if kinds not in made:
            made[kinds] = tmp_path_factory.mktemp("artefacts")
            script = Path(__file__).with_name("make_artefacts.py")
            command = [str(SERVERS / "bin" / "python"), str(script), str(made[kinds]), *kinds]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        return made[kinds]

    return make


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> FolderReader:
    return FolderReader(tmp_path_factory.mktemp("commits"))


@pytest.fixture(scope="session")
def s3(reader: FolderReader) -> Iterator[str]:
    stop = serve_in_thread(reader, 0)
    yield f"http://127.0.0.1:{stop.port}"
    stop()


@pytest.fixture
def commit(reader: FolderReader, artefacts: Callable[..., Path]) -> Commit:
    """Commit artefacts of these kinds to copy_models@master; returns the commit."""

    def make(*kinds: str) -> str:
        new = uuid.uuid4().hex
        shutil.copytree(artefacts(*(kinds or ("model",))), reader.root / "copy_models" / new / "income")
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
def own_sandbox(tmp_path: Path, s3: str) -> Iterator[Sandbox]:
    """For a test that kills it."""
    started = Sandbox(tmp_path / "seldon", s3)
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
