from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from releasectl import files
from releasectl.errors import PlatformRefused
from releasectl.repo import ENGINE


def test_replace_makes_folders_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    files.replace(tmp_path / "a/b.yaml", b"one")
    files.replace(tmp_path / "a/b.yaml", b"two")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.yaml"]
    assert (tmp_path / "a/b.yaml").read_bytes() == b"two"


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PlatformRefused, match="No space left on device"):
        files.replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize("room", [0, 1, 2])
def test_all_files_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    paths = [tmp_path / name for name in ("lock.yaml", "release.yaml", "rendered.yaml")]
    paths[0].write_bytes(b"old")
    sync, calls = os.fsync, iter(range(3))

    def full(handle: int) -> None:
        if next(calls) == room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PlatformRefused, match=f"{paths[room].name}: cannot be written: No space left"):
        files.replace_all(dict.fromkeys(paths, b"new"))
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"lock.yaml": b"old"}


def test_a_folder_in_the_way_of_one_keeps_the_others_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").mkdir()
    with pytest.raises(PlatformRefused, match="move away what stands in its place"):
        files.replace_all({tmp_path / "a.yaml": b"new", tmp_path / "b.yaml": b"new"})
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.yaml"]


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a.yaml/b").mkdir(parents=True)
    with pytest.raises(PlatformRefused, match=r"a\.yaml: cannot be written"):
        files.replace(tmp_path / "a.yaml", b"new")


def test_git_does_not_see_what_a_kill_leaves_behind(tmp_path: Path) -> None:
    """By this repository's .gitignore; `git add -A releases` is what `promote` proposes next."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_bytes((ENGINE / ".gitignore").read_bytes())
    code = (
        "import os, sys; from pathlib import Path; from releasectl import files\n"
        "os.fsync = lambda handle: os.kill(os.getpid(), 9)\n"
        "files.replace(Path(sys.argv[1]), b'new')"
    )
    path = tmp_path / "releases/staging/income.yaml"
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert [each.name for each in path.parent.iterdir()] != []
    status = ["git", "-C", str(tmp_path), "status", "--porcelain", "-uall"]
    seen = subprocess.run(status, check=True, capture_output=True, text=True)
    assert seen.stdout == "?? .gitignore\n"
