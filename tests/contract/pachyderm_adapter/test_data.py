"""Repositories, commits and files through the adapter; python-pachyderm looks from the other side."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC

import pytest

from releasectl.errors import PlatformRefused
from releasectl.model import Missing, ServedFile
from releasectl.sandbox.pachd.store.blobs import INLINE
from tests.contract.pachyderm.server import Server

pytestmark = pytest.mark.processes
UNKNOWN = uuid.uuid4().hex


def served(path: str, content: bytes) -> ServedFile:
    return ServedFile(path, len(content), hashlib.sha256(content).hexdigest())


def test_version(data):
    assert data.version().startswith("2.")


def test_put_makes_the_repository_and_one_finished_commit(data, client, repo):
    commit = data.put(repo, "incoming", {"/data.csv": b"a,b\n1,2\n", "/deep/down/x": b""}, "v1: two files")
    assert repo in data.repos()
    assert data.branches(repo) == {"incoming": commit}
    state = data.commit(repo, "incoming")
    assert (state.repo, state.branch, state.commit) == (repo, "incoming", commit)
    assert (state.finished, state.error) == (True, "")
    (info,) = client.inspect_commit((repo, commit))
    assert info.description == state.description == "v1: two files"
    assert info.started.ToDatetime(tzinfo=UTC) == state.started
    assert data.files(repo, commit) == (served("/data.csv", b"a,b\n1,2\n"), served("/deep/down/x", b""))


def test_put_replaces_everything(data, repo):
    first = data.put(repo, "master", {"/a": b"1", "/b": b"2"}, "first")
    second = data.put(repo, "master", {"/b": b"3"}, "second")
    assert data.files(repo, second) == (served("/b", b"3"),)
    assert data.files(repo, first) == (served("/a", b"1"), served("/b", b"2"))
    assert [state.commit for state in data.commits(repo)][:2] == [second, first]
    assert data.commit(repo, "master~1").commit == first


def test_put_of_nothing_is_an_empty_commit(data, repo):
    data.put(repo, "master", {"/a": b"1"}, "first")
    assert data.files(repo, data.put(repo, "master", {}, "nothing")) == ()


def test_content_comes_back_byte_by_byte(data, repo):
    contents = {
        "/empty": b"",
        "/text": "naïve ✓\r\n".encode(),
        "/large": bytes(range(256)) * (45 << 12),  # 45 MiB: more than two messages
        "/with space": b"\0",
    }
    commit = data.put(repo, "master", contents, "bytes")
    assert {path: data.read(repo, commit, path) for path in contents} == contents
    assert data.files(repo, commit) == tuple(served(path, contents[path]) for path in sorted(contents))


def test_files_below_a_path(data, repo):
    commit = data.put(repo, "master", {"/income/a": b"1", "/income/b/c": b"2", "/incomes": b"3"}, "tree")
    assert [file.path for file in data.files(repo, commit, "/income")] == ["/income/a", "/income/b/c"]
    assert [file.path for file in data.files(repo, commit, "/income/")] == ["/income/a", "/income/b/c"]
    assert [file.path for file in data.files(repo, commit, "/income/a")] == ["/income/a"]
    assert data.files(repo, commit, "/nosuch") == ()
    assert data.sizes(repo, commit) == {"/income/a": 1, "/income/b/c": 1, "/incomes": 1}
    assert data.sizes(repo, commit, "/income") == {"/income/a": 1, "/income/b/c": 1}
    assert data.sizes(repo, commit, "/nosuch") == {}


def test_what_is_not_there_is_missing(data, repo):
    assert isinstance(data.branches(repo), Missing)
    assert isinstance(data.commit(repo, "master"), Missing)
    assert isinstance(data.read(repo, UNKNOWN, "/a"), Missing)
    assert data.commits(repo) == ()
    data.delete_branch(repo, "master")
    commit = data.put(repo, "master", {"/a": b""}, "first")
    assert isinstance(data.commit(repo, "nosuch"), Missing)
    assert isinstance(data.commit(repo, UNKNOWN), Missing)
    assert isinstance(data.read(repo, commit, "/nosuch"), Missing)


def test_files_of_an_unknown_commit_are_an_error(data, repo):
    data.put(repo, "master", {"/a": b""}, "first")
    with pytest.raises(PlatformRefused, match=UNKNOWN):
        data.files(repo, UNKNOWN)
    with pytest.raises(PlatformRefused, match=UNKNOWN):
        data.sizes(repo, UNKNOWN)


def test_a_put_that_cannot_be_finished_leaves_no_trace(data, repo):
    before = data.put(repo, "master", {"/a": b"1"}, "good")
    with pytest.raises(PlatformRefused, match="/a"):
        data.put(repo, "master", {"/a": b"", "/a/b": b""}, "a file that is a directory, too")
    assert data.branches(repo) == {"master": before}
    assert [state.commit for state in data.commits(repo)] == [before]
    assert data.put(repo, "master", {"/a": b"2"}, "good again") in data.branches(repo).values()


def test_a_first_put_that_fails_leaves_no_branch_and_no_commit(data, repo):
    with pytest.raises(PlatformRefused):
        data.put(repo, "master", {"/with*star": b""}, "no such path")
    assert data.branches(repo) == {}
    assert data.commits(repo) == []


def test_a_first_put_that_was_killed_leaves_no_commit_beside_its_repetition(data, client, repo):
    client.create_repo(repo)
    client.start_commit(repo, "master", description="first")
    commit = data.put(repo, "master", {"/a": b"1"}, "first")
    assert [state.commit for state in data.commits(repo)] == [commit]


def test_a_put_that_was_killed_is_taken_up_by_the_same_put(data, client, repo):
    data.put(repo, "master", {"/a": b"1"}, "first")
    left = client.start_commit(repo, "master", description="second")
    client.put_file_bytes(left, "/half", b"...")
    commit = data.put(repo, "master", {"/b": b"2"}, "second")
    assert data.files(repo, commit) == (served("/b", b"2"),)
    assert isinstance(data.commit(repo, left.id), Missing)


def test_somebody_elses_open_commit_is_left_alone(data, client, repo):
    data.put(repo, "master", {"/a": b"1"}, "first")
    theirs = client.start_commit(repo, "master", description="theirs")
    for write in (
        lambda: data.put(repo, "master", {"/b": b"2"}, "mine"),
        lambda: data.append(repo, "master", "/b", b"2"),
    ):
        with pytest.raises(PlatformRefused, match="still open") as raised:
            write()
        assert theirs.id in raised.value.problems[0].what
    client.finish_commit(theirs)
    assert [file.path for file in data.files(repo, theirs.id)] == ["/a"]


def test_an_interrupted_put_is_taken_back(data, repo, monkeypatch):
    from releasectl.platforms import pachyderm_files

    before = data.put(repo, "master", {"/a": b"1"}, "first")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pachyderm_files, "finished", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.put(repo, "master", {"/b": b"2"}, "second")
    monkeypatch.undo()
    assert data.branches(repo) == {"master": before}


def test_append_adds_and_replaces(data, repo):
    first = data.append(repo, "master", "/1.json", b"{}")
    second = data.append(repo, "master", "/2.json", b"[]")
    third = data.append(repo, "master", "/1.json", b"null")
    assert data.files(repo, first) == (served("/1.json", b"{}"),)
    assert data.files(repo, second) == (served("/1.json", b"{}"), served("/2.json", b"[]"))
    assert data.files(repo, third) == (served("/1.json", b"null"), served("/2.json", b"[]"))
    assert data.branches(repo) == {"master": third}
    assert all(state.finished and not state.error for state in data.commits(repo))


def test_an_append_that_cannot_be_finished_leaves_no_trace(data, repo):
    before = data.append(repo, "master", "/a", b"1")
    with pytest.raises(PlatformRefused, match="/a"):
        data.append(repo, "master", "/a/b", b"2")
    assert data.branches(repo) == {"master": before}


def test_heads_move_and_branches_go(data, repo):
    first = data.put(repo, "master", {"/a": b"1"}, "first")
    second = data.put(repo, "master", {"/a": b"2"}, "second")
    data.move_head(repo, "production", first)
    assert data.branches(repo) == {"master": second, "production": first}
    data.move_head(repo, "production", second)
    assert data.commit(repo, "production").commit == second
    data.delete_branch(repo, "production")
    assert data.branches(repo) == {"master": second}


def test_a_head_cannot_move_to_a_commit_that_is_not_there(data, repo):
    first = data.put(repo, "master", {"/a": b"1"}, "first")
    with pytest.raises(PlatformRefused, match=UNKNOWN):
        data.move_head(repo, "master", UNKNOWN)
    assert data.branches(repo) == {"master": first}


@pytest.mark.parametrize("name", ["with space", "a/b", "", "ä", "x" * 300 + "."])
def test_a_repository_name_that_pachd_does_not_take(data, name):
    with pytest.raises(PlatformRefused):
        data.put(name, "master", {"/a": b""}, "bad name")


def test_bytes_that_are_gone_are_told_as_lost(tmp_path, connect):
    """On a server of its own, whose folder somebody has tidied up."""
    server = Server(tmp_path / "state")
    server.start()
    try:
        data = connect(f"127.0.0.1:{server.port}")
        commit = data.put("r", "master", {"/model.joblib": b"x" * (INLINE + 1)}, "large")
        for blob in (tmp_path / "state" / "blobs").glob("*/*"):
            blob.unlink()
        with pytest.raises(PlatformRefused, match=r"lost: .*blobs") as raised:
            data.files("r", commit)
        assert "make the commit anew" in raised.value.problems[0].remedy
    finally:
        server.close()
