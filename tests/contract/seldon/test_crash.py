"""kill -9 and SIGTERM of the operator, with servers that serve meanwhile."""

from __future__ import annotations

import os
import signal
import socket
import subprocess

import httpx
import pytest

from tests.contract.seldon.conftest import Commit
from tests.contract.seldon.sandbox import LIMIT, ROOT, Sandbox, manifest, until

pytestmark = pytest.mark.processes


def test_a_killed_operator_is_not_missed_and_takes_over_again(own_sandbox: Sandbox, commit: Commit) -> None:
    one = commit()
    own_sandbox.client.create(manifest("income", one))
    own_sandbox.client.ready("income")
    servers, traefik = own_sandbox.processes(), own_sandbox.traefik()
    executors = own_sandbox.executors("income")
    before = own_sandbox.client.read("income")

    own_sandbox.kill()
    assert own_sandbox.predict("income").json()["model_version"] == one
    own_sandbox.start()
    assert own_sandbox.client.read("income") == before
    assert (own_sandbox.processes(), own_sandbox.traefik()) == (servers, traefik)
    assert own_sandbox.executors("income") == executors

    (pid,) = servers.values()  # it is no child of this operator
    with own_sandbox.no_server_starts():
        os.kill(pid, signal.SIGKILL)
        own_sandbox.client.state("income", "Creating")
    own_sandbox.client.ready("income")
    assert own_sandbox.executors("income") == executors
    (killed,) = traefik
    os.kill(killed, signal.SIGKILL)
    until(lambda: own_sandbox.traefik() not in ([], traefik), what="another Traefik")
    own_sandbox.client.ready("income")
    assert own_sandbox.predict("income").json()["model_version"] == one


def test_an_operator_killed_amid_an_update_completes_it(own_sandbox: Sandbox, commit: Commit) -> None:
    one, two = commit(), commit()
    own_sandbox.client.create(manifest("income", one))
    own_sandbox.client.ready("income")
    own_sandbox.client.update(manifest("income", two))
    until(lambda: len(own_sandbox.processes()) == 2)
    own_sandbox.kill()
    assert own_sandbox.predict("income").json()["model_version"] in (one, two)
    own_sandbox.start()
    until(lambda: own_sandbox.predict("income").json()["model_version"] == two, what="the new model")
    until(lambda: len(own_sandbox.processes()) == 1)


def test_sigterm_ends_everything_and_the_next_start_brings_it_back(
    own_sandbox: Sandbox, commit: Commit
) -> None:
    one = commit()
    own_sandbox.client.create(manifest("income", one))
    own_sandbox.client.ready("income")
    assert own_sandbox.stop() == 0
    assert (own_sandbox.processes(), own_sandbox.executors("/"), own_sandbox.traefik()) == ({}, [], [])
    own_sandbox.s3 = (
        "http://127.0.0.1:9"  # nobody is there, and nobody is asked: the artefact is in the cache
    )
    own_sandbox.start()
    own_sandbox.client.ready("income")
    assert own_sandbox.predict("income").json()["model_version"] == one


def test_what_a_killed_operator_left_can_be_ended_without_one(own_sandbox: Sandbox, commit: Commit) -> None:
    own_sandbox.client.create(manifest("income", commit()))
    own_sandbox.client.ready("income")
    own_sandbox.kill()
    subprocess.run([*own_sandbox.command, "--stop"], cwd=ROOT, check=True)
    assert (own_sandbox.processes(), own_sandbox.executors("/"), own_sandbox.traefik()) == ({}, [], [])


def test_a_start_that_cannot_be_is_one_line_and_exit_code_5(own_sandbox: Sandbox) -> None:
    other = Sandbox(own_sandbox.state.with_name("other"), own_sandbox.s3, own_sandbox.port)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port, ingress_port, state in (
            (own_sandbox.port, 0, other.state),
            (0, taken.getsockname()[1], other.state),
            (0, 0, own_sandbox.state),
            (0, 0, own_sandbox.log / "below-a-file"),
        ):
            other.port, other.ingress_port, other.state = port, ingress_port, state
            done = subprocess.run(other.command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)
            assert done.returncode == 5
            assert done.stderr.startswith("error: ")
            assert "Traceback" not in done.stderr
    assert httpx.get(f"{own_sandbox.api}/version").status_code == 200
