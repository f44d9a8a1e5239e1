"""Every folder of tests/cases/input: a broken tree and the whole message that it must give."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from releasectl.errors import InvalidInput
from releasectl.judge import judge
from releasectl.load import load
from releasectl.render import render
from tests.builder import build
from tests.golden_files import assert_golden

CASES = Path(__file__).parents[2] / "cases" / "input"


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def check(root: Path) -> None:
    repository = load(root)
    judge(repository, render(repository))


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_message(case: str, tmp_path: Path) -> None:
    build(tmp_path)
    if (CASES / case / "tree").is_dir():
        shutil.copytree(CASES / case / "tree", tmp_path, dirs_exist_ok=True)
    if (CASES / case / "remove.txt").exists():
        for path in (CASES / case / "remove.txt").read_text().split():
            (tmp_path / path).unlink()
    before = snapshot(tmp_path)
    with pytest.raises(InvalidInput) as caught:
        check(tmp_path)
    assert_golden(CASES / case / "expected.txt", f"{caught.value}\n")
    assert snapshot(tmp_path) == before, "bad input, and something was written"
