"""1,000 releases with 1,000 locks in one process."""

from __future__ import annotations

from pathlib import Path

from releasectl.judge import judge
from releasectl.load import load
from releasectl.render import render
from tests import builder

RELEASES = 1000


def check_and_render(root: Path) -> None:
    repository = load(root)
    judge(repository, render(repository))


def test_check_and_render(benchmark, note, tmp_path: Path) -> None:
    mini = builder.build(tmp_path)
    builder.many_releases(mini, RELEASES)
    benchmark.pedantic(check_and_render, (tmp_path,), rounds=3, warmup_rounds=1)
    note("load, render and judge 1,000 releases with 1,000 locks", f"{benchmark.stats.stats.median:.2f} s")
