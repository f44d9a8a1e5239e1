"""kill -9 and SIGTERM of the operator, with servers that serve meanwhile."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from releasectl.sandbox.deployed import starting
from tests.contract.seldon.conftest import Commit
from tests.contract.seldon.sandbox import LIMIT, NAMESPACE, ROOT, Sandbox, http, manifest, until

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory, s3: str) -> Iterator[Sandbox]:
    found = Sandbox(tmp_path_factory.mktemp("mortal") / "seldon", s3)
    yield found
    found.end()


@pytest.fixture
def own_sandbox(mortal: Sandbox, name: str) -> Iterator[Sandbox]:
    """For a test that kills it: it is started again for the next, without what this one has served."""
    if not mortal.runs:
        mortal.start()
    yield mortal
    if mortal.runs:
        mortal.client.delete(name)
        until(lambda: not mortal.processes(), what="the end of the servers")


def test_a_killed_operator_is_not_missed_and_takes_over_again(
    own_sandbox: Sandbox, name: str, commit: Commit
) -> None:
    one = commit()
    own_sandbox.client.create(manifest(name, one))
    own_sandbox.client.ready(name)
    servers, traefik = own_sandbox.processes(), own_sandbox.traefik()
    executors = own_sandbox.executors(name)
    before = own_sandbox.client.read(name)

    own_sandbox.kill()
    assert own_sandbox.predict(name).json()["model_version"] == one
    own_sandbox.start()
    assert own_sandbox.client.read(name) == before
    assert (own_sandbox.processes(), own_sandbox.traefik()) == (servers, traefik)
    assert own_sandbox.executors(name) == executors

    (pid,) = servers.values()  # it is no child of this operator
    with own_sandbox.no_server_starts():
        os.kill(pid, signal.SIGKILL)
        own_sandbox.client.state(name, "Creating")
    own_sandbox.client.ready(name)
    assert own_sandbox.executors(name) == executors
    (killed,) = traefik
    os.kill(killed, signal.SIGKILL)
    until(lambda: own_sandbox.traefik() not in ([], traefik), what="another Traefik")
    own_sandbox.client.ready(name)
    assert own_sandbox.predict(name).json()["model_version"] == one


def test_an_operator_killed_amid_an_update_completes_it(
    own_sandbox: Sandbox, name: str, commit: Commit
) -> None:
    one, two = commit(), commit()
    own_sandbox.client.create(manifest(name, one))
    own_sandbox.client.ready(name)
    (old,) = own_sandbox.processes().values()
    nursery = own_sandbox.nursery
    nursery.suspend()  # so that the new server, which the operator asks it for, does not come before the kill
    own_sandbox.client.update(manifest(name, two))
    until(lambda: len(own_sandbox.executors(name)) == 2, what="the executor of the new server")
    own_sandbox.kill()
    nursery.kill()
    assert list(own_sandbox.processes().values()) == [old]
    assert own_sandbox.predict(name).json()["model_version"] == one
    own_sandbox.start()
    until(lambda: own_sandbox.predict(name).json()["model_version"] == two, what="the new model")
    until(lambda: len(own_sandbox.processes()) == 1)
    assert old not in own_sandbox.processes().values()
    until(lambda: len(list(own_sandbox.state.glob("pods/*/*"))) == 1, what="the end of its pod's folder")


def test_an_end_leaves_nothing_behind_and_the_next_start_brings_it_back(
    own_sandbox: Sandbox, name: str, commit: Commit
) -> None:
    """What a killed operator left is ended without one; SIGTERM ends the operator and all that is its own."""
    one = commit()
    own_sandbox.client.create(manifest(name, one))
    own_sandbox.client.ready(name)
    own_sandbox.kill()
    subprocess.run([*own_sandbox.command, "--stop"], cwd=ROOT, check=True)
    assert (own_sandbox.processes(), own_sandbox.executors("/"), own_sandbox.traefik()) == ({}, [], [])
    left = own_sandbox.state / "pods" / NAMESPACE / "nobody-0" / "wants-it"
    left.mkdir(parents=True)
    own_sandbox.s3 = "http://127.0.0.1:9"  # nobody is there or is asked: the artefact is in the cache
    own_sandbox.start()
    assert starting(own_sandbox.port) == (f"{NAMESPACE}/{name}",)
    until(lambda: not starting(own_sandbox.port), what="serving again")
    assert own_sandbox.predict(name).json()["model_version"] == one
    assert not left.parent.exists()
    assert own_sandbox.stop() == 0
    assert (own_sandbox.processes(), own_sandbox.executors("/"), own_sandbox.traefik()) == ({}, [], [])


def test_a_start_that_cannot_be_is_one_line_and_exit_code_5(sandbox: Sandbox) -> None:
    other = Sandbox(sandbox.state.with_name("other"), sandbox.s3, sandbox.port)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port, ingress_port, state in (
            (sandbox.port, 0, other.state),
            (0, taken.getsockname()[1], other.state),
            (0, 0, sandbox.state),
            (0, 0, sandbox.log / "below-a-file"),
        ):
            other.port, other.ingress_port, other.state = port, ingress_port, state
            done = subprocess.run(other.command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)
            assert done.returncode == 5
            assert done.stderr.startswith("error: ")
            assert "Traceback" not in done.stderr
    assert http("GET", f"{sandbox.api}/version").status_code == 200
