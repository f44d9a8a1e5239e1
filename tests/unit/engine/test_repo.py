from __future__ import annotations

import os
from pathlib import Path

import pytest

from releasectl import repo
from releasectl.errors import InvalidInput, Problem, UsageError
from tests.builder import build


def test_the_root_is_found_from_below(tmp_path: Path) -> None:
    build(tmp_path)
    assert repo.find_root(tmp_path / "releases" / "staging") == tmp_path.resolve()


def test_outside_of_a_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="-C FOLDER"):
        repo.find_root(tmp_path)


@pytest.mark.parametrize("target", ["/etc/passwd", "/etc", "nowhere", "../../../outside.yaml", "other.yaml"])
def test_a_link_out_of_the_tree_is_refused(tmp_path: Path, target: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    mini = build(root)
    (tmp_path / "outside.yaml").write_text("name: outside\n")
    (root / "releases/staging/other.yaml").symlink_to(target)
    with pytest.raises(InvalidInput) as caught:
        mini.load()
    assert [problem.where for problem in caught.value.problems] == ["releases/staging/other.yaml"]


def test_a_link_inside_the_tree_is_followed(tmp_path: Path) -> None:
    mini = build(tmp_path)
    (tmp_path / "environments/platforms/laptop.yaml").symlink_to("sandbox.yaml")
    assert set(mini.load().platforms) == {"sandbox", "laptop"}


def test_a_folder_that_is_a_link_out_of_the_tree(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    build(root)
    (root / "releases").rename(tmp_path / "elsewhere")
    (root / "releases").symlink_to(tmp_path / "elsewhere")
    paths, problems = repo.files(root, "releases")
    assert paths == ()
    assert len(problems) == 1


def test_an_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    assert isinstance(repo.read(tmp_path, "missing.yaml"), Problem)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    problem = repo.read(tmp_path, "pipe.yaml")
    assert isinstance(problem, Problem)
    assert problem.what == "is not a file"


def test_generated_folders_are_no_input(tmp_path: Path) -> None:
    mini = build(tmp_path)
    mini.write("environments/staging/rendered/broken.yaml", "a: [")
    mini.load()
