"""Writing files: replacing, appending, copying, and which paths are allowed."""

from __future__ import annotations

import hashlib
import http.server
import io
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from python_pachyderm import put_files

from tests.contract.pachyderm.lab import NOT_FOUND, Lab, only_sandbox, refused

TREE = {"/a.txt": b"a", "/dir/b.txt": b"bb", "/dir/sub/c.txt": b"ccc", "/dir2/d.txt": b"dddd"}


@pytest.fixture
def repo(lab: Lab) -> str:
    name = lab.repo()
    lab.put(name, TREE)
    return name


def test_put_replaces_and_append_appends(lab: Lab) -> None:
    repo = lab.repo()
    with lab.client.commit(repo, "master") as commit:
        lab.client.put_file_bytes(commit, "/f", b"one")
        lab.client.put_file_bytes(commit, "/f", b"two")
        lab.client.put_file_bytes(commit, "/f", b"three", append=True)
    lab.client.put_file_bytes((repo, "master"), "/f", b"four", append=True)
    assert lab.files(repo) == {"/f": b"twothreefour"}


def test_operations_are_applied_in_order(lab: Lab, repo: str) -> None:
    with lab.client.modify_file_client((repo, "master")) as changes:
        changes.delete_file("/dir/")
        changes.put_file_from_bytes("/dir/new", b"1")
        changes.put_file_from_bytes("/gone", b"2")
        changes.delete_file("/gone")
    assert lab.files(repo) == {"/a.txt": b"a", "/dir/new": b"1", "/dir2/d.txt": b"dddd"}


def test_a_deleted_file_stays_in_the_parent(lab: Lab, repo: str) -> None:
    lab.client.delete_file((repo, "master"), "/a.txt")
    assert not lab.client.path_exists((repo, "master"), "/a.txt")
    assert lab.client.path_exists((repo, "master~1"), "/a.txt")


def test_big_files_survive_the_message_limits(lab: Lab) -> None:
    repo = lab.repo()
    content = random.Random(0).randbytes(45 * 1024 * 1024)
    lab.client.put_file_bytes((repo, "master"), "/big", io.BytesIO(content))
    read = lab.client.get_file((repo, "master"), "/big").read()
    assert hashlib.sha256(read).digest() == hashlib.sha256(content).digest()
    assert lab.client.get_file((repo, "master"), "/big", offset=len(content) - 3).read() == content[-3:]


@only_sandbox  # a real pachd sends no message for an empty file, which get_file does not survive
def test_an_empty_file_is_a_file(lab: Lab) -> None:
    repo = lab.repo()
    lab.client.put_file_bytes((repo, "master"), "/empty", b"")
    assert lab.files(repo) == {"/empty": b""}


def test_a_folder_is_uploaded_line_by_line(lab: Lab, tmp_path: Path) -> None:
    repo = lab.repo()
    (tmp_path / "sub").mkdir()
    lines = b"".join(b"line %d\n" % n for n in range(500))
    (tmp_path / "sub" / "lines.txt").write_bytes(lines)
    (tmp_path / "top").write_bytes(b"\x00\xff")
    put_files(lab.client, str(tmp_path), (repo, "master"), "/up")
    assert lab.files(repo) == {"/up/sub/lines.txt": lines, "/up/top": b"\x00\xff"}


def test_copies_are_made_in_the_store(lab: Lab, repo: str) -> None:
    other = lab.repo("other")
    with lab.client.commit(other, "master") as commit:
        lab.client.copy_file((repo, "master"), "/dir", commit, "/copy")
        lab.client.copy_file((repo, "master"), "/a.txt", commit, "/f")
        lab.client.copy_file((repo, "master"), "/dir/b.txt", commit, "/f", append=True)
    assert lab.files(other) == {"/copy/b.txt": b"bb", "/copy/sub/c.txt": b"ccc", "/f": b"abb"}
    lab.client.copy_file((repo, "master"), "/dir2", (other, "master"), "/copy")
    assert lab.files(other) == {"/copy/d.txt": b"dddd", "/f": b"abb"}
    with refused("not found", NOT_FOUND):
        lab.client.copy_file((repo, "master"), "/nowhere", (other, "master"), "/x")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "page").write_bytes(b"from the web")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(tmp_path))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()


@only_sandbox  # the address would have to be reachable from a cluster
def test_the_server_fetches_urls(lab: Lab, web: str) -> None:
    repo = lab.repo()
    lab.client.put_file_url((repo, "master"), "/page", f"{web}/page")
    assert lab.files(repo) == {"/page": b"from the web"}
    with refused("404"):
        lab.client.put_file_url((repo, "master"), "/other", f"{web}/missing")
    assert lab.files(repo) == {"/page": b"from the web"}


@pytest.mark.parametrize(
    "bad",
    [
        "/a*b",
        "/a?b",
        "/a[b",
        "/a{b",
        "/a!b",
        "/a(b",
        "/a@b",
        "/a+b",
        "/a^b",
        "/a/../b",
        "/./b",
        "/tab\tb",
        "/ä",
    ],
)
def test_paths_that_are_refused(lab: Lab, bad: str) -> None:
    repo = lab.repo()
    with refused():
        lab.client.put_file_bytes((repo, "master"), bad, b"x")
    assert list(lab.client.list_commit(repo)) == []


def test_a_file_and_a_folder_of_one_name_collide(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/ok": b"1"})
    broken = lab.put(repo, {"/a": b"1", "/a/b": b"2"})
    (info,) = lab.client.wait_commit((repo, broken))
    assert "collision" in info.error
    assert lab.head(repo) == broken
    lab.put(repo, {"/next": b"3"})
    assert lab.files(repo) == {"/ok": b"1", "/next": b"3"}


def test_two_datums_must_not_write_one_file(lab: Lab) -> None:
    repo = lab.repo()
    with lab.client.commit(repo, "master") as commit:
        lab.client.put_file_bytes(commit, "/a", b"1", datum="one")
        lab.client.put_file_bytes(commit, "/a", b"2", datum="two")
    (info,) = lab.client.wait_commit((repo, commit.id))
    assert "duplicate path" in info.error


def test_a_broken_upload_leaves_nothing(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    changes = lab.client.modify_file_client((repo, "master"))
    with pytest.raises(grpc.RpcError), changes as queue:  # noqa: PT012  (what fails is the end of the block)
        queue.put_file_from_fileobj("/b", io.BytesIO(b"2"))
        queue.put_file_from_fileobj("/c", _Broken())
    assert lab.files(repo) == {"/a": b"1"}
    assert len(list(lab.client.list_commit(repo))) == 1


class _Broken(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def read(self, _size: int = -1) -> bytes:
        raise RuntimeError("the source dried up")


def test_thousands_of_files_are_one_commit(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {f"/many/{n:05}": b"%d" % n for n in range(2000)})
    assert len(list(lab.client.list_file((repo, "master"), "/many"))) == 2000
    lab.put(repo, {"/many/new": b"x"})
    assert (
        lab.client.inspect_file((repo, "master"), "/many").size_bytes
        == sum(len(str(n)) for n in range(2000)) + 1
    )
