"""Commits: their life, how they are referred to, listed and waited for."""

from __future__ import annotations

import threading
import time

import pytest
from python_pachyderm import Client
from python_pachyderm.service import pfs_proto

from tests.contract.pachyderm.lab import NOT_FOUND, Lab, only_sandbox, pfs, refused

State = pfs_proto.CommitState


def ids(infos: object) -> list[str]:
    return [info.commit.id for info in infos]  # type: ignore[attr-defined]


def test_a_commit_is_open_then_finished(lab: Lab) -> None:
    repo = lab.repo()
    commit = lab.client.start_commit(repo, "master", description="first")
    (info,) = lab.client.inspect_commit(commit)
    assert info.HasField("started")
    assert not info.HasField("finishing")
    assert info.origin.kind == pfs_proto.OriginKind.USER
    lab.client.put_file_bytes(commit, "/a", b"abc")
    lab.client.finish_commit(commit, description="renamed")
    (info,) = lab.client.wait_commit((repo, commit.id))
    assert (info.description, info.error, info.details.size_bytes) == ("renamed", "", 3)
    assert info.HasField("finished")
    with refused("finished"):
        lab.client.finish_commit(commit)


def test_an_open_commit_can_be_read(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/old": b"1"})
    commit = lab.client.start_commit(repo, "master")
    assert lab.files(repo) == {"/old": b"1"}
    lab.client.put_file_bytes(commit, "/new", b"2")
    assert lab.files(repo) == {"/old": b"1", "/new": b"2"}
    lab.client.finish_commit(commit)


def test_one_open_commit_per_branch(lab: Lab) -> None:
    repo = lab.repo()
    lab.client.start_commit(repo, "master")
    with refused("has not been finished"):
        lab.client.start_commit(repo, "master")
    lab.client.start_commit(repo, "side")


def test_a_finished_commit_cannot_be_written(lab: Lab) -> None:
    repo = lab.repo()
    commit = lab.put(repo, {"/a": b"1"})
    with refused("has already finished"):
        lab.client.put_file_bytes((repo, commit), "/b", b"2")
    with refused("not found", NOT_FOUND):
        lab.client.start_commit(lab.name("nowhere"), "master")


def test_writing_to_a_branch_makes_a_commit_of_its_own(lab: Lab) -> None:
    repo = lab.repo()
    lab.client.put_file_bytes((repo, "master"), "/a", b"1")
    first = lab.head(repo)
    lab.client.put_file_bytes((repo, "master"), "/b", b"2")
    assert lab.files(repo) == {"/a": b"1", "/b": b"2"}
    (info,) = lab.client.wait_commit((repo, "master"))
    assert info.parent_commit.id == first
    assert ids(lab.client.list_commit(repo)) == [info.commit.id, first]


def test_a_branch_may_start_from_any_commit(lab: Lab) -> None:
    repo = lab.repo()
    first = lab.put(repo, {"/a": b"1"})
    lab.put(repo, {"/b": b"2"})
    with lab.client.commit(repo, "side", parent=first) as commit:
        lab.client.put_file_bytes(commit, "/c", b"3")
    assert lab.files(repo, "side") == {"/a": b"1", "/c": b"3"}


@pytest.fixture
def line(lab: Lab) -> tuple[str, list[str]]:
    repo = lab.repo()
    return repo, [lab.put(repo, {f"/{n}": b"x"}) for n in range(4)]


REFERENCES = {
    "master": 3,
    "master~1": 2,
    "master^": 2,
    "master^^": 1,
    "master^2": 1,
    "master~3": 0,
    "master.1": 0,
    "master.4": 3,
}


@pytest.mark.parametrize(("reference", "index"), REFERENCES.items())
def test_references(lab: Lab, line: tuple[str, list[str]], reference: str, index: int) -> None:
    repo, commits = line
    (info,) = lab.client.inspect_commit((repo, reference))
    assert info.commit.id == commits[index]


def test_references_to_nothing(lab: Lab, line: tuple[str, list[str]]) -> None:
    repo, commits = line
    (info,) = lab.client.inspect_commit(pfs_proto_commit(repo, commits[3] + "~2"))
    assert info.commit.id == commits[1]
    for missing in ("master~4", "nowhere", "0" * 12 + "4" + "0" * 19, "master.5"):
        with refused("not found", NOT_FOUND):
            lab.client.inspect_commit((repo, missing))


def pfs_proto_commit(repo: str, id_: str) -> object:
    where = pfs_proto.Branch(repo=pfs_proto.Repo(name=repo, type="user"))
    return pfs_proto.Commit(branch=where, id=id_)


def test_listing(lab: Lab, line: tuple[str, list[str]]) -> None:
    repo, commits = line
    newest = commits[::-1]
    assert ids(lab.client.list_commit(repo)) == newest
    assert ids(lab.client.list_commit(repo, reverse=True)) == commits
    assert ids(lab.client.list_commit(repo, number=2)) == newest[:2]
    assert ids(lab.client.list_commit(repo, to_commit=(repo, commits[2]))) == newest[1:]
    assert (
        ids(lab.client.list_commit(repo, to_commit=(repo, "master"), from_commit=(repo, commits[1])))
        == newest[:2]
    )


def test_automatic_commits_are_listed_on_request_only(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("copy", "true", input=pfs(repo))
    lab.wait(lab.put(repo, {"/a": b"1"}))
    assert ids(lab.client.list_commit(pipeline)) == []
    everything = ids(lab.client.list_commit(pipeline, all=True))
    assert len(everything) == 2
    assert ids(lab.client.list_commit(pipeline, origin_kind=pfs_proto.OriginKind.AUTO)) == everything


def test_parents_and_children_know_each_other(lab: Lab, line: tuple[str, list[str]]) -> None:
    repo, commits = line
    (info,) = lab.client.inspect_commit((repo, commits[1]))
    assert info.parent_commit.id == commits[0]
    assert [child.id for child in info.child_commits] == [commits[2]]


def test_waiting_ends_when_the_commit_finishes(lab: Lab) -> None:
    repo = lab.repo()
    commit = lab.client.start_commit(repo, "master")
    seen: list[object] = []
    waiting = threading.Thread(target=lambda: seen.extend(lab.client.wait_commit(commit)))
    waiting.start()
    waiting.join(0.2)
    assert not seen
    lab.client.finish_commit(commit)
    waiting.join(10)
    assert len(seen) == 1


def test_subscribing_gives_old_and_new_commits(lab: Lab) -> None:
    repo = lab.repo()
    old = lab.put(repo, {"/a": b"1"})
    stream = lab.client.subscribe_commit(repo, "master", state=State.FINISHED)
    assert next(stream).commit.id == old
    commit = lab.client.start_commit(repo, "master")
    later = threading.Timer(0.1, lab.client.finish_commit, [commit])
    later.start()
    info = next(stream)
    assert info.commit.id == commit.id
    assert info.HasField("finished")
    stream.cancel()
    later.join()


def test_a_client_error_is_kept_with_the_commit(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    commit = lab.client.start_commit(repo, "master")
    lab.client.put_file_bytes(commit, "/bad", b"2")
    lab.client.finish_commit(commit, error="the import broke off")
    (info,) = lab.client.wait_commit((repo, commit.id))
    assert "the import broke off" in info.error
    assert lab.head(repo) == commit.id
    lab.put(repo, {"/b": b"3"})
    assert lab.files(repo) == {"/a": b"1", "/b": b"3"}  # errored ancestors are passed over


@only_sandbox
def test_many_waiting_clients_leave_room_for_others(address: tuple[str, int], lab: Lab) -> None:
    repo = lab.repo()
    commit = lab.client.start_commit(repo, "master")
    waits = [threading.Thread(target=lab.client.wait_commit, args=(commit,)) for _ in range(100)]
    for wait in waits:
        wait.start()
    started = time.monotonic()
    assert Client(*address).inspect_repo(repo).repo.name == repo
    assert time.monotonic() - started < 2
    lab.client.finish_commit(commit)
    for wait in waits:
        wait.join(10)
    assert not any(wait.is_alive() for wait in waits)
