"""What `make demo` tells of what a command prints, and that all of it is kept and told when an act fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl.sandbox.demo.play import Stage, play
from releasectl.sandbox.demo.story import Act, Command, act, story
from releasectl.sandbox.demo.telling import TELLINGS, WARNED, Telling, telling, told

REFUSED = """\
production/income  direct, explainer anchor-tabular, detectors drift and outlier
    model commit         8ba16a688cb8  →  ff63df507fde
    brier_score          0.1099        →  0.5044        +0.39

  ✗ deny DATA-001 New columns come with the consent of the data steward (high)
    releases/production/income.yaml:4:8, seen in releases/models/ff63df507fde4eb0870cd28fe602e404.yaml
    - columns that the champion's training data did not have: gender, marital-status, native-country, race,
      relationship, wanted none (line 1315)
    - one more
    → train on the columns of the champion, or have the data steward approve a waiver of this
      finding
    releasectl rules --explain DATA-001; fingerprint 407ba732e1661a01
  ! warn DATA-003 The training data are like those of the champion (high)
    - population stability index of occupation: 0.249, wanted at most 0.1 (line 1545)

✗ the policy denies this release: nothing is written
"""
CONDEMNED = """\
production/income  direct, explainer anchor-tabular, detectors drift and outlier
    model commit         8ba16a688cb8  →  ff63df507fde
  ✗ deny DATA-001 New columns come with the consent of the data steward (high)
    - columns that the champion's training data did not have: gender, marital-status, native-country, race,
      relationship, wanted none (line 1315)
    - one more
✗ the policy denies this release: nothing is written
"""
WARNING = "  ! warn DATA-003 The training data are like those of the champion (high)"


def test_of_a_refusal_all_that_condemns_is_told() -> None:
    what = telling("releasectl release income --env production --commit latest")
    assert list(told(REFUSED.splitlines(), what)) == CONDEMNED.splitlines()


def test_of_a_release_that_only_warns_each_rule_is_named() -> None:
    found = list(told(REFUSED.splitlines(), WARNED))
    assert WARNING in found
    assert not any("occupation" in line for line in found)


def test_of_what_is_not_listed_every_line_counts() -> None:
    assert list(told(REFUSED.splitlines(), telling("releasectl predict a/b"))) == REFUSED.splitlines()


def test_every_entry_is_of_a_command_of_the_story() -> None:
    lines = [command.line for each in story({"v2": "0" * 32}) for command in each.commands]
    assert [begin for begin in TELLINGS if not any(line.startswith(begin) for line in lines)] == []


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    (tmp_path / "clone").mkdir()
    return Stage(tmp_path, tmp_path / "clone", tmp_path, verbose=False)


def acted(*lines: str | Command) -> Act:
    return act("An act", "Because.", *lines)


COUNTED = Command("echo one; echo two", tells=Telling("two"))


def test_what_counts_is_told_and_all_is_kept(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    assert play(acted(COUNTED), stage.file_of(7), stage)
    assert capfd.readouterr().out == "$ echo one; echo two\ntwo\n"
    kept = (stage.root / "07.txt").read_text()
    assert kept.startswith("$ echo one; echo two\none\ntwo\n(")


def test_a_verbose_story_tells_all(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.verbose = True
    assert play(acted(COUNTED), stage.file_of(7), stage)
    assert "one\ntwo\n" in capfd.readouterr().out


def test_of_an_act_that_fails_everything_is_told(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    assert not play(acted(COUNTED, "echo why >&2; exit 3", "echo never"), stage.file_of(7), stage)
    out, err = capfd.readouterr()
    assert "all that this act printed, also in 07.txt" in out
    assert "$ echo one; echo two\none\ntwo\n" in out
    assert "why\n" in out
    assert "never" not in out
    assert "'echo why >&2; exit 3' ended with 3" in err


def test_another_exit_code_may_be_the_story(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    assert play(acted(Command("exit 10", ends=10)), stage.file_of(1), stage)
    assert "exit code 10, as it should be" in capfd.readouterr().out
    assert not play(acted(Command("true", ends=10)), stage.file_of(1), stage)


def test_what_runs_beside_is_told_when_it_is_waited_for(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    beside = "echo begun; while [ ! -e go ]; do sleep 0.01; done; echo done; exit 4 &"
    assert not play(acted(beside, "touch go; echo first", "wait"), stage.file_of(1), stage)
    out, err = capfd.readouterr()
    assert out.index("first\n") < out.index("\ndone\n")
    assert "ended with 4" in err
