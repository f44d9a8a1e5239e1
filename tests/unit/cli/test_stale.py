"""`check` judges what the files say; of generated files that say something else it tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl.cli.main import guarded
from releasectl.render import render, write
from tests.builder import build


def test_stale_files_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mini = build(tmp_path)
    write(tmp_path, render(mini.load()))
    code = guarded(["-C", str(tmp_path), "check"])
    assert "releasectl render" not in capsys.readouterr().err
    rendered = "environments/staging/rendered/income.yaml"
    mini.write(rendered, (tmp_path / rendered).read_text() + "# by hand\n")
    assert guarded(["-C", str(tmp_path), "check"]) == code
    told = capsys.readouterr().err
    assert f"a generated file is not what the files say: `releasectl render` ({rendered})" in told
