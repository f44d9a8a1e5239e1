"""Reading files: listings, globs, infos, tars and differences."""

from __future__ import annotations

import pytest
from python_pachyderm.service import pfs_proto

from tests.contract.pachyderm.lab import NOT_FOUND, Lab, refused

TREE = {"/a.txt": b"a", "/dir/b.txt": b"bb", "/dir/sub/c.txt": b"ccc", "/dir2/d.txt": b"dddd"}


def paths(infos: object) -> list[str]:
    return [info.file.path for info in infos]  # type: ignore[attr-defined]


@pytest.fixture
def repo(lab: Lab) -> str:
    name = lab.repo()
    lab.put(name, TREE)
    return name


def test_listing_walking_and_globbing(lab: Lab, repo: str) -> None:
    at = (repo, "master")
    assert paths(lab.client.list_file(at, "/")) == ["/a.txt", "/dir/", "/dir2/"]
    assert paths(lab.client.list_file(at, "/dir")) == ["/dir/b.txt", "/dir/sub/"]
    assert paths(lab.client.list_file(at, "/nowhere")) == []
    everything = [
        "/",
        "/a.txt",
        "/dir/",
        "/dir/b.txt",
        "/dir/sub/",
        "/dir/sub/c.txt",
        "/dir2/",
        "/dir2/d.txt",
    ]
    assert paths(lab.client.walk_file(at, "/")) == everything
    assert paths(lab.client.walk_file(at, "/dir")) == everything[2:6]
    with refused("not found", NOT_FOUND):
        list(lab.client.walk_file(at, "/nowhere"))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/", ["/"]),
        ("/*", ["/a.txt", "/dir/", "/dir2/"]),
        ("*.txt", ["/a.txt"]),
        ("/dir*", ["/dir/", "/dir2/"]),
        ("/*/*.txt", ["/dir/b.txt", "/dir2/d.txt"]),
        ("/**.txt", ["/a.txt", "/dir/b.txt", "/dir/sub/c.txt", "/dir2/d.txt"]),
        ("/dir/sub/?.txt", ["/dir/sub/c.txt"]),
        ("/{a,dir/b}.txt", ["/a.txt", "/dir/b.txt"]),
        ("/dir[0-9]", ["/dir2/"]),
        ("/dir/*", ["/dir/b.txt", "/dir/sub/"]),
        ("/nothing*", []),
    ],
)
def test_glob_patterns(lab: Lab, repo: str, pattern: str, expected: list[str]) -> None:
    assert paths(lab.client.glob_file((repo, "master"), pattern)) == expected


def test_listings_come_in_pages(lab: Lab, repo: str) -> None:
    at = (repo, "master")
    assert paths(lab.client.list_file(at, "/", number=1)) == ["/a.txt"]
    marker = pfs_proto.File(path="/a.txt")
    assert paths(lab.client.list_file(at, "/", pagination_marker=marker)) == ["/dir/", "/dir2/"]
    assert paths(lab.client.list_file(at, "/", number=2, reverse=True)) == ["/dir2/", "/dir/"]
    assert paths(lab.client.walk_file(at, "/", number=2)) == ["/", "/a.txt"]
    with refused("number must be > 0"):
        list(lab.client.list_file(at, "/", reverse=True))


def test_file_infos_say_what_a_file_is(lab: Lab, repo: str) -> None:
    at = (repo, "master")
    file = lab.client.inspect_file(at, "/dir/b.txt")
    assert (file.file_type, file.size_bytes) == (pfs_proto.FileType.FILE, 2)
    assert len(file.hash) >= 16
    assert file.committed.seconds > 0
    folder = lab.client.inspect_file(at, "/dir")
    assert (folder.file.path, folder.file_type, folder.size_bytes) == ("/dir/", pfs_proto.FileType.DIR, 5)
    with refused(r"^file .+ not found in repo .+ at commit .+", NOT_FOUND):
        lab.client.inspect_file(at, "/nowhere")


def test_equal_content_has_equal_hashes(lab: Lab, repo: str) -> None:
    old, before = lab.client.inspect_file((repo, "master"), "/dir"), lab.head(repo)
    lab.put(repo, {"/dir/b.txt": b"changed"})
    assert lab.client.inspect_file((repo, "master"), "/dir").hash != old.hash
    lab.put(repo, {"/dir/b.txt": b"bb"})
    assert lab.client.inspect_file((repo, "master"), "/dir").hash == old.hash
    assert before != lab.head(repo)


def test_getting_what_is_not_one_file(lab: Lab, repo: str) -> None:
    at = (repo, "master")
    with refused("not found", NOT_FOUND):
        lab.client.get_file(at, "/nowhere")
    with refused("GetFileTAR"):
        lab.client.get_file(at, "/dir")
    with refused("GetFileTAR"):
        lab.client.get_file(at, "/**.txt")
    assert lab.client.get_file(at, "/dir2/*").read() == b"dddd"


def test_a_folder_comes_as_a_tar(lab: Lab, repo: str) -> None:
    deep = "/dir/" + "long-name/" * 20 + "file"
    lab.put(repo, {deep: b"deep", "/dir/empty": b""})
    found = {}
    with lab.client.get_file_tar((repo, "master"), "/dir") as archive:
        for member in archive:
            if member.isfile():
                found["/" + member.name] = archive.extractfile(member).read()
    assert found == {"/dir/b.txt": b"bb", "/dir/sub/c.txt": b"ccc", deep: b"deep", "/dir/empty": b""}


def test_differences(lab: Lab, repo: str) -> None:
    with lab.client.modify_file_client((repo, "master")) as changes:
        changes.put_file_from_bytes("/dir/b.txt", b"changed")
        changes.put_file_from_bytes("/new", b"1")
        changes.delete_file("/a.txt")
    found = [
        (d.new_file.file.path, d.old_file.file.path) for d in lab.client.diff_file((repo, "master"), "/")
    ]
    files = [pair for pair in found if not max(pair).endswith("/")]
    assert files == [("", "/a.txt"), ("/dir/b.txt", "/dir/b.txt"), ("/new", "")]
    same = lab.client.diff_file((repo, "master"), "/dir2", (repo, "master~1"), "/dir2")
    assert list(same) == []
