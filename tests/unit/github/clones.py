"""A clone of a small repository, and what people do in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from releasectl.cli.main import guarded
from tests.builder import build


@pytest.fixture(scope="session")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once, with its remote beside it."""
    folder = tmp_path_factory.mktemp("cloned")
    git(folder, "init", "-q", "--bare", "-b", "main", "origin")
    build(folder / "clone")
    found = folder / "clone"
    git(found, "init", "-q", "-b", "main")
    git(found, "config", "user.name", "Ada")
    git(found, "config", "user.email", "ada@example.org")
    git(found, "remote", "add", "origin", str(folder / "origin"))
    assert guarded(["-C", str(found), "render"]) == 0
    commit(found, "first")
    git(found, "push", "-q", "origin", "main")
    return folder


@pytest.fixture
def clone(tmp_path: Path, cloned: Path) -> Path:
    """One commit on main, as on its remote."""
    shutil.copytree(cloned, tmp_path, dirs_exist_ok=True)
    settings = tmp_path / "clone/.git/config"
    settings.write_text(settings.read_text().replace(str(cloned), str(tmp_path)))
    return tmp_path / "clone"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(clone: Path, message: str) -> None:
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", message)


def change(clone: Path, replicas: int = 2) -> None:
    file = clone / "releases/staging/income.yaml"
    file.write_text(f"{file.read_text()}replicas: {replicas}\n")
    assert guarded(["-C", str(clone), "render"]) == 0
