"""A pachd to talk to: the stand-in, or the real one that RELEASECTL_TEST_PACHD=host:port names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from python_pachyderm import Client

from releasectl.sandbox.pachd.server import Pachd
from tests.contract.pachyderm.lab import REAL, Lab

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    if REAL:
        host, _, port = REAL.rpartition(":")
        yield host, int(port)
        return
    server = Pachd(tmp_path_factory.mktemp("pachd"), 0, workers=Path(sys.prefix), code=ROOT)
    server.start()
    yield "127.0.0.1", server.port
    server.stop()


@pytest.fixture
def client(address: tuple[str, int]) -> Client:
    return Client(*address)


@pytest.fixture
def lab(client: Client) -> Iterator[Lab]:
    made = Lab(client)
    yield made
    made.clean()
