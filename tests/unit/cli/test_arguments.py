"""Words that name nothing end with 2, whether or not a cluster answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl.cli.main import guarded
from releasectl.render import render, write
from tests.builder import MODEL, PLATFORM, build


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan", "nope"], "'nope' is neither `pipelines` nor an environment"),
        (["apply", "nope"], "'nope' is neither `pipelines` nor an environment"),
        (["verify", "nope"], "'nope' is neither `pipelines` nor an environment"),
        (["predict", "income", "--csv", "x"], "write production/income or staging/income"),
        (["history", "staging"], "write staging/income"),
        (["lineage", "staging/"], "write staging/income"),
        (["lineage", "pipelines/income"], "'pipelines' is no environment"),
        (["predict", "pipelines/income", "--csv", "x"], "-> write production/income or staging/income"),
        (["promote", "prod/income"], "-> write production/income or staging/income"),
        (["why", "releases/prod/income.yaml"], "-> write production/income or staging/income"),
        (["compare", "staging/income", "--since", "yesterday"], "--since yesterday: is no time"),
        (["history", "staging/income", "--at", "yesterday"], "--at yesterday: is no time"),
        (["why", "nope"], "as in production/income"),
        (["release", "income", "--env", "x", "--commit", MODEL], "--env x: no such environment"),
        (["release", "other", "--env", "staging", "--commit", MODEL], "the release is new and has no owner"),
        (["release", "A.b", "--env", "staging", "--commit", MODEL], "`A.b` cannot name"),
    ],
)
def test_arguments_are_judged_before_anything_is_asked(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mini = build(tmp_path)
    write(tmp_path, render(mini.load()))
    mini.write("environments/platforms/sandbox.yaml", PLATFORM.replace("30650", "1").replace("8004", "2"))
    assert guarded(["-C", str(tmp_path), *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("folder", "word"),
    [
        (".", "releases/production/income.yaml"),
        ("environments", "../releases/production/income.yaml"),
        ("releases/production", "income.yaml"),
        ("releases/production", "releases/production/income.yaml"),
    ],
)
def test_the_file_of_a_release_names_it_from_anywhere(
    folder: str,
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(tmp_path, render(build(tmp_path).load()))
    monkeypatch.chdir(tmp_path / folder)
    assert guarded(["why", word]) == 0, capsys.readouterr().err
    assert capsys.readouterr().out.startswith("production/income")
