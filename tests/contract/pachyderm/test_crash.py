"""kill -9 at any moment: what was finished stays, what was running runs again, nothing half-done is seen."""

from __future__ import annotations

import contextlib
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from python_pachyderm.service import pps_proto

from tests.contract.pachyderm.lab import Lab, pfs, sh, until
from tests.contract.pachyderm.server import ROOT, Server, free_port

pytestmark = pytest.mark.processes


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "state")
    yield made
    made.close()


@pytest.fixture(params=["executed", "forked"])
def shell(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Transforms that run a script, by a worker of either kind; $LEADER is that worker if it is forked."""
    if request.param == "executed":
        return sh
    cmd = ["python", "-m", "tests.contract.pachyderm.shell"]
    return lambda *script: pps_proto.Transform(cmd=cmd, stdin=script)


def nurseries(server: Server) -> list[psutil.Process]:
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if "nursery" in " ".join(child.cmdline())]


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_running_job_runs_again(server: Server, tmp_path: Path, shell: Callable[..., Any]) -> None:
    lab = Lab(server.start())
    repo = lab.repo()
    pids, gate = tmp_path / "pids", tmp_path / "gate"
    script = [
        "sleep 300 &",
        f"echo $$ $! $LEADER >> {pids}",
        "echo run",
        f"until test -e {gate}; do sleep 0.05; done",
        "cp $in /pfs/out",
    ]
    pipeline = lab.pipeline("p", transform=shell(*script), input=pfs(repo, name="in"))
    after = lab.pipeline("after", "cp /pfs/in/* /pfs/out", input=pfs(pipeline, "/", name="in"))
    job = lab.put(repo, {"/a": b"1"})
    until(lambda: lab.logs(pipeline, job) == ["run"])
    nursery = nurseries(server)
    assert len(nursery) == (shell is not sh)
    server.kill()
    orphans = [int(pid) for pid in pids.read_text().split()]
    assert len(orphans) == 2 + len(nursery)
    assert not any(gone(pid) for pid in orphans)
    until(lambda: all(gone(each.pid) for each in nursery))
    lab.client = server.start()
    until(lambda: all(gone(pid) for pid in orphans))
    until(lambda: lab.logs(pipeline, job) == ["run", "run"])  # the first line has survived, too
    gate.touch()
    info = lab.job(pipeline, job)
    assert (info.state, info.restart) == (pps_proto.JobState.JOB_SUCCESS, 1)
    lab.wait(job)
    assert lab.files(after) == {"/a": b"1"}
    assert not list((server.state / "work").iterdir())


def test_finished_datums_of_a_crashed_job_are_kept(server: Server, tmp_path: Path) -> None:
    lab = Lab(server.start())
    repo = lab.repo()
    runs, gate = tmp_path / "runs", tmp_path / "gate"
    script = [
        f"echo $(basename $in) >> {runs}",
        f"if test $(basename $in) = b; then until test -e {gate}; do sleep 0.05; done; fi",
        "cp $in /pfs/out",
    ]
    pipeline = lab.pipeline("p", *script, input=pfs(repo, name="in"))
    job = lab.put(repo, {"/a": b"1", "/b": b"2"})
    until(lambda: runs.exists() and runs.read_text() == "a\nb\n")
    server.kill()
    lab.client = server.start()
    gate.touch()
    assert lab.job(pipeline, job).data_processed == 2
    assert runs.read_text() == "a\nb\nb\n"
    assert lab.files(pipeline) == {"/a": b"1", "/b": b"2"}


def test_a_service_comes_back(server: Server) -> None:
    lab = Lab(server.start())
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    port = pps_proto.Service(internal_port=80, external_port=30080, type="ClusterIP")
    pipeline = lab.pipeline("svc", "echo up", "sleep 300", input=pfs(repo, "/", name="in"), service=port)
    job = next(iter(lab.client.list_job(pipeline))).job.id
    until(lambda: lab.logs(pipeline, job) == ["up"])
    server.kill()
    lab.client = server.start()
    until(lambda: lab.logs(pipeline, job) == ["up", "up"])


def test_every_acknowledged_commit_survives(server: Server) -> None:
    """Clients write as fast as they can while the server is killed at random moments."""
    dice = random.Random(7)
    lab = Lab(server.start())
    repo = lab.repo()
    pipeline = lab.pipeline("p", "cp -r /pfs/in/* /pfs/out", input=pfs(repo, "/", name="in"))
    kept: dict[str, bytes] = {}
    for life in range(4):
        over = threading.Timer(dice.uniform(0.05, 0.5), server.kill)
        over.start()
        for number in range(10_000):
            path, content = f"/{life}-{number}", dice.randbytes(dice.choice([10, 50_000]))
            try:
                lab.client.put_file_bytes((repo, "master"), path, content)
            except (grpc.RpcError, ConnectionError):
                break
            kept[path] = content
        over.join()
        lab.client = server.start()
        found = lab.files(repo)
        lost = {path for path in kept if found.get(path) != kept[path]}
        assert not lost
        kept = found  # the last one may have been stored without our being told
    lab.client.wait_commit((pipeline, "master"))
    assert lab.files(pipeline) == kept
    assert list(lab.client.fsck()) == []


def test_a_broken_upload_is_not_seen(server: Server) -> None:
    lab = Lab(server.start())
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    begun = threading.Event()

    class Endless:
        def read(self, _size: int = -1) -> bytes:
            begun.set()
            time.sleep(0.01)
            return b"x" * 100_000

    def upload() -> None:
        with contextlib.suppress(grpc.RpcError, ConnectionError):
            lab.client.put_file_bytes((repo, "master"), "/endless", Endless())

    thread = threading.Thread(target=upload)
    thread.start()
    uploads = server.state / "uploads"
    until(lambda: begun.is_set() and any(file.stat().st_size > 0 for file in uploads.iterdir()))
    server.kill()
    thread.join()
    lab.client = server.start()
    assert lab.files(repo) == {"/a": b"1"}
    assert not list(uploads.iterdir())


def test_open_commits_and_transactions_go_on(server: Server) -> None:
    lab = Lab(server.start())
    repo, new = lab.repo(), lab.name("new")
    commit = lab.client.start_commit(repo, "master")
    lab.client.put_file_bytes(commit, "/a", b"1")
    transaction = lab.client.start_transaction()
    lab.client.transaction_id = transaction.id
    lab.client.create_repo(new)
    server.kill()
    client = server.start()
    client.put_file_bytes(commit, "/b", b"2")
    client.finish_commit(commit)
    lab.client = client
    assert lab.files(repo) == {"/a": b"1", "/b": b"2"}
    client.finish_transaction(transaction)
    assert client.inspect_repo(new).repo.name == new


def test_sigterm_takes_the_workers_along(server: Server, tmp_path: Path, shell: Callable[..., Any]) -> None:
    lab = Lab(server.start())
    repo = lab.repo()
    pids = tmp_path / "pids"
    lab.put(repo, {"/a": b"1"})
    lab.pipeline("p", input=pfs(repo), transform=shell(f"echo $$ $LEADER >> {pids}", "sleep 300"))
    until(lambda: pids.exists() and pids.read_text().strip())
    running = [*pids.read_text().split(), *(each.pid for each in nurseries(server))]
    assert len(running) == (1 if shell is sh else 3)
    assert server.stop() == 0
    assert all(gone(int(pid)) for pid in running)


def test_what_is_in_the_way_is_named(server: Server, tmp_path: Path) -> None:
    server.start()
    again = subprocess.run(server.command(free_port()), cwd=ROOT, capture_output=True, text=True, check=False)
    assert again.returncode == 5
    assert str(server.state) in again.stderr
    other = Server(tmp_path / "other")
    taken = subprocess.run(other.command(server.port), cwd=ROOT, capture_output=True, text=True, check=False)
    assert taken.returncode == 5
    assert taken.stderr.count("\n") == 1
    assert f"port {server.port} is taken" in taken.stderr


def test_starting_is_quick(server: Server) -> None:
    lab = Lab(server.start())
    lab.put(lab.repo(), {f"/{n}": b"x" for n in range(1000)})
    server.kill()
    server.start()
    spent = psutil.Process(
        server.process.pid
    ).cpu_times()  # unlike the wall clock, not a matter of who else works
    assert spent.user + spent.system < 1.5
