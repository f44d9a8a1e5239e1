"""What touches everything on a server, and what many clients do at once: on a stand-in of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path

import pytest
from python_pachyderm import Client
from python_pachyderm.service import pfs_proto, pps_proto

from releasectl.sandbox.pachd.reader import Reader
from releasectl.sandbox.pachd.server import Pachd
from releasectl.sandbox.pachd.stored import StoredFiles
from tests.contract.pachyderm.lab import Lab, pfs, refused


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Pachd]:
    made = Pachd(tmp_path / "state", 0, workers=Path(sys.prefix), code=tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def lab(server: Pachd) -> Lab:
    return Lab(Client("127.0.0.1", server.port))


def test_everything_can_be_deleted(lab: Lab) -> None:
    repo = lab.repo()
    first = lab.pipeline("first", "true", input=pfs(repo))
    second = lab.pipeline("second", "true", input=pfs(first))
    lab.wait(lab.put(repo, {"/a": b"1"}))
    with refused("pipeline"):
        lab.client.delete_all_repos()
    infos = lab.client.list_pipeline(commit_set=pfs_proto.CommitSet(id=lab.head(repo)))
    assert {info.pipeline.name for info in infos} == {first, second}
    lab.client.delete_all_pipelines()
    assert list(lab.client.list_pipeline()) == []
    lab.client.delete_all_repos()
    assert list(lab.client.list_repo(type="")) == []
    lab.client.start_transaction()
    lab.client.delete_all_transactions()
    assert list(lab.client.list_transaction()) == []
    assert list(lab.client.list_commit()) == []


def test_many_writers_on_one_branch(lab: Lab, server: Pachd) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "cp /pfs/in/* /pfs/out", input=pfs(repo, name="in"))

    def write(number: int) -> None:
        client = Client("127.0.0.1", server.port)
        for step in range(4):
            client.put_file_bytes((repo, "master"), f"/{number}-{step}", b"x")

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))
    assert len(lab.files(repo)) == 32
    assert len(list(lab.client.list_commit(repo))) == 32
    job = lab.last_job(pipeline)
    assert (job.state, job.data_total) == (pps_proto.JobState.JOB_SUCCESS, 32)
    assert lab.files(pipeline) == lab.files(repo)
    processed = [found.data_processed for found in lab.client.list_job(pipeline)]
    assert sum(processed) == 32  # every datum once, however the commits came


def test_the_gateway_reads_what_is_finished(lab: Lab, server: Pachd) -> None:
    reader: Reader = StoredFiles(server.store)
    repo = lab.repo()
    first = lab.put(repo, {"/d/a": b"abc", "/d/b": b"x" * 100_000, "/e": b""})
    lab.wait(first)
    assert reader.repos() == [repo]
    assert reader.branches(repo) == {"master": first}
    assert reader.resolve(repo, "master", None) == first == reader.resolve(repo, "master", first)
    entries = reader.entries(repo, first)
    assert [(entry.path, entry.size) for entry in entries] == [("/d/a", 3), ("/d/b", 100_000), ("/e", 0)]
    assert all(entry.mtime.tzinfo is UTC and len(entry.hash) == 64 for entry in entries)
    assert [entry.path for entry in reader.entries(repo, first, "/d/b")] == ["/d/b"]
    assert reader.entries(repo, first, "/nowhere/") == []
    with reader.open(repo, first, "/d/b") as stream:
        stream.seek(99_990)
        assert stream.read() == b"x" * 10
    with pytest.raises(FileNotFoundError):
        reader.open(repo, first, "/d")
    for missing in (
        (repo, "side", None),
        ("nowhere", "master", None),
        (repo, "master", "0" * 12 + "4" + "0" * 19),
    ):
        assert reader.resolve(*missing) is None
    failed = lab.client.start_commit(repo, "master")
    lab.client.finish_commit(failed, error="broken")
    lab.client.wait_commit((repo, failed.id))
    assert reader.resolve(repo, "master", None) is None
    assert reader.branches("nowhere") == {}
