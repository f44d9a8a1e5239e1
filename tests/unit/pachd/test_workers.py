"""Workers without namespaces, orphans, waking up, and a full disk."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from python_pachyderm import Client
from python_pachyderm.service import pps_proto

from releasectl.sandbox.pachd.server import Pachd
from releasectl.sandbox.pachd.store.db import Changes, Database
from releasectl.sandbox.pachd.watcher import Watcher
from releasectl.sandbox.pachd.worker import root
from releasectl.sandbox.pachd.worker.environment import MARK
from releasectl.sandbox.pachd.worker.process import reap_orphans
from releasectl.sandbox.pachd.worker.root import Command, Roots
from releasectl.sandbox.pachd.worker.upload import Output
from tests.contract.pachyderm.lab import Lab, pfs, refused, until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setattr(root, "_probe", lambda: False)
    server = Pachd(tmp_path / "state", 0, workers=Path(sys.prefix), code=ROOT)
    server.start()
    yield Lab(Client("127.0.0.1", server.port))
    server.stop()


def test_a_datum_is_not_blamed_for_a_disk_that_was_full_when_its_output_was_kept(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Output, "scan", full)
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    job = lab.last_job(lab.pipeline("p", "cp /pfs/in/a /pfs/out", input=pfs(repo, name="in"), datum_tries=1))
    assert (pps_proto.JobState.Name(job.state), job.data_failed) == ("JOB_FAILURE", 0)
    assert job.reason == "the sandbox could not run this job: [Errno 28] No space left on device"


def test_paths_are_rewritten_where_there_are_no_namespaces(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1", "/dir/b": b"2"})
    script = [
        "test -s /pfs/in/a || echo empty > /pfs/out/empty",
        "ln -s /pfs/in/dir /pfs/out/dir",
        "ln -s ../in/a /pfs/out/relative",
        'cp "$in/a" "/pfs/out/copy"',
        "pwd > /pfs/out/pwd",
    ]
    pipeline = lab.pipeline("p", *script, input=pfs(repo, "/", name="in", empty_files=True), datum_tries=1)
    job = lab.last_job(pipeline)
    assert job.state == pps_proto.JobState.JOB_SUCCESS, job.reason
    files = lab.files(pipeline)
    assert files.pop("/pwd").endswith(b"/pfs/.scratch\n")
    assert files == {"/empty": b"empty\n", "/dir/b": b"2", "/relative": b"1", "/copy": b""}
    (line,) = {found.message for found in lab.client.get_pipeline_logs(pipeline, master=True)}
    assert "rewriting" in line


def test_only_whole_paths_are_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root, "_probe", lambda: False)
    stdin = "cat /pfs/in '/pfs' x=/pfs:/pfs/out /pfs-other /data/pfs /pfsx"
    command = Command(("sh", "/pfs/run"), stdin, {"in": "/pfs/in"}, "/pfs", {"/pfs": Path("/state/1/pfs")})
    prepared = Roots().prepare(command, Path("/unused"))
    at = "/state/1/pfs"
    assert prepared.stdin == f"cat {at}/in '{at}' x={at}:{at}/out /pfs-other /data/pfs /pfsx"
    assert prepared.order["cmd"] == ["sh", f"{at}/run"]
    assert prepared.order["cwd"] == at
    assert prepared.env == {"in": f"{at}/in"}


@pytest.mark.processes
def test_orphans_are_killed_and_strangers_are_not(tmp_path: Path) -> None:
    """A leader that is alive, a child whose leader is gone, and a stranger with a recorded number."""
    db = Database(tmp_path / "db")
    environment = {**os.environ, MARK: "a-job"}
    sleep = ["sleep", "300"]
    leader = subprocess.Popen(sleep, env=environment, start_new_session=True)
    shell = subprocess.Popen(
        ["sh", "-c", "sleep 300 & echo $!"], env=environment, start_new_session=True, stdout=subprocess.PIPE
    )
    assert shell.stdout is not None
    child = psutil.Process(int(shell.stdout.readline()))
    shell.wait()
    stranger = subprocess.Popen(sleep, start_new_session=True)
    with db.write() as conn:
        rows = [(leader.pid, psutil.Process(leader.pid).create_time()), (shell.pid, 0.0), (stranger.pid, 1.0)]
        conn.executemany("INSERT INTO worker VALUES (?, ?, 'a-job')", rows)
    try:
        with db.write() as conn:
            assert reap_orphans(conn) == 2
        assert leader.wait(5) == -9
        until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
        assert stranger.poll() is None
    finally:
        for process in (leader, stranger):
            process.kill()
            process.wait()
        db.close()


def test_a_watcher_survives_its_faults() -> None:
    changes, calls = Changes(), []
    twice = threading.Event()

    def step() -> float:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("stumble")
        twice.set()
        return 60

    watcher = Watcher("test", changes, step)
    watcher.start()
    until(lambda: calls)
    changes.ring()
    assert twice.wait(5)
    watcher.stop()


@pytest.mark.processes
def test_a_full_disk_is_an_error_and_nothing_half_done(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk."""
    code = (
        "import sys, pathlib; from releasectl.sandbox.pachd.server import Pachd; here = pathlib.Path('.');"
        "p = Pachd(pathlib.Path(sys.argv[1]), 0, workers=here, code=here); p.start();"
        "print(p.port, flush=True); sys.stdin.read(); p.stop()"
    )
    limit = 8 * 1024 * 1024
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "state")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert process.stdout is not None
    lab = Lab(Client("127.0.0.1", int(process.stdout.readline())))
    try:
        repo = lab.repo()
        lab.put(repo, {"/a": b"1"})
        with refused("store failed.*too large"):
            lab.client.put_file_bytes((repo, "master"), "/big", b"x" * (2 * limit))
        assert lab.files(repo) == {"/a": b"1"}
        assert not list((tmp_path / "state" / "uploads").iterdir())
        lab.client.put_file_bytes((repo, "master"), "/b", b"2")
        assert lab.files(repo) == {"/a": b"1", "/b": b"2"}
    finally:
        process.communicate("")
