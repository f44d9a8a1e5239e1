"""A rule that fails is named, and all the others are heard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import policies
from releasectl import rulebook
from releasectl.cases import cases
from releasectl.cli.main import guarded
from releasectl.enforcement import enforced_one
from releasectl.errors import RuleFailed
from releasectl.judge import circumstances, judge
from releasectl.load import load
from releasectl.policy import Breach, Strictness
from releasectl.render import render
from releasectl.repo import ENGINE
from releasectl.sitting import Sitting
from tests.builder import LENIENT, Mini, build


def fails(case: Any, **_: Any) -> Iterator[Breach]:
    yield Breach("/model", "what it saw before", "mend it")
    raise ZeroDivisionError(f"no such thing in {case.release.name}")


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    mini = build(tmp_path)
    entry = "  LOG-001: {strictness: warn, parameters: {retention_days: 999}}\n"
    mini.write("environments/staging/policy.yaml", LENIENT + entry)
    monkeypatch.setattr(rulebook.rules()["PIN-001"], "judge", fails)
    return tmp_path


def test_check_names_it_and_goes_on(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["-C", str(broken), "check", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {(each["rule"], each["release"]) for each in found["faults"]} == {
        ("PIN-001", "production/income"),
        ("PIN-001", "staging/income"),
    }
    assert found["faults"][0]["error"] == "ZeroDivisionError: no such thing in income"
    assert {each["rule"] for each in found["findings"]} == {"LOG-001", "PIN-001"}


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit()])
def test_one_that_ends_the_process_has_not_passed(
    error: BaseException, broken: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither on a release nor on the data that trains; and all the others are heard."""

    def ends(*_: Any, **__: Any) -> Iterator[Breach]:
        raise error

    monkeypatch.setattr(rulebook.rules()["PIN-001"], "judge", ends)
    monkeypatch.setattr(rulebook.rules()["REVO-001"], "judge_training", ends)
    assert guarded(["-C", str(broken), "check", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {(each["rule"], each["release"]) for each in found["faults"]} == {
        ("PIN-001", "production/income"),
        ("PIN-001", "staging/income"),
        ("REVO-001", "pipelines/income"),
    }
    assert {each["rule"] for each in found["findings"]} == {"LOG-001"}


def test_an_interrupt_is_no_fault_of_a_rule(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> Iterator[Breach]:
        raise KeyboardInterrupt

    monkeypatch.setattr(rulebook.rules()["PIN-001"], "judge", stopped)
    assert guarded(["-C", str(broken), "check"]) == 130


def test_as_text_too(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["-C", str(broken), "check"]) == 1
    out = capsys.readouterr().out
    assert "PIN-001 of staging/income: ZeroDivisionError: no such thing in income" in out
    assert "days that the log is kept: 760, wanted at least 999" in out


def test_sarif_fails_only_then(broken: Path) -> None:
    assert guarded(["-C", str(broken), "check", "--format", "sarif"]) == 1


def test_nothing_is_applied_by_a_judge_that_failed(broken: Path) -> None:
    repository = build(broken).load()
    with pytest.raises(RuleFailed, match="ZeroDivisionError") as caught:
        judge(repository, render(repository))
    assert caught.value.exit_code == 1


def test_a_module_that_cannot_be_loaded_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "half_written.py").write_text("RULE = \n")
    (folder / "no_rule.py").write_text('"""Nothing."""\n')
    (folder / "same_id.py").write_text("from policies.pinned import RULE, judge\n")
    (folder / "exits.py").write_text("import sys\nsys.exit(0)\n")
    (folder / "a_name.py").write_text("RULE = 'PIN-002'\n")
    monkeypatch.setattr(policies, "__path__", [*policies.__path__, str(folder)])
    rulebook.book.cache_clear()
    try:
        build(tmp_path / "repository")
        assert guarded(["-C", str(tmp_path / "repository"), "check", "--format", "json"]) == 1
        found = {each["rule"]: each["error"] for each in json.loads(capsys.readouterr().out)["faults"]}
    finally:
        rulebook.book.cache_clear()
    names = ("half_written", "no_rule", "same_id", "exits", "a_name")
    assert set(found) == {f"policies/{name}.py" for name in names}
    assert "SystemExit: 0" in found["policies/exits.py"]
    assert "`RULE` is no Rule" in found["policies/a_name.py"]
    assert "SyntaxError" in found["policies/half_written.py"]
    assert "no attribute 'RULE'" in found["policies/no_rule.py"]
    assert "PIN-001 is also the id of policies/pinned.py" in found["policies/same_id.py"]


@pytest.fixture
def half_a_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository, and a module that cannot be loaded."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "new_rule.py").write_text("raise RuntimeError('at import')\n")
    monkeypatch.setattr(policies, "__path__", [*policies.__path__, str(folder)])
    rulebook.book.cache_clear()
    yield build(tmp_path / "repository").root
    rulebook.book.cache_clear()


@pytest.mark.parametrize("command", [["why", "staging/income"], ["rules"], ["rules", "--explain", "NEW-001"]])
def test_no_command_about_rules_hides_it(
    command: list[str], half_a_rule: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = "the rule failed: cannot be loaded: RuntimeError: at import (policies/new_rule.py:1)"
    assert guarded(["-C", str(half_a_rule), *command]) == 1
    out, err = capsys.readouterr()
    assert told in err
    assert ("PIN-001" in out) == ("--explain" not in command)
    assert guarded(["-C", str(half_a_rule), *command, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert "RuntimeError: at import" in str(found)


def test_the_page_of_another_rule_can_still_be_read(half_a_rule: Path) -> None:
    assert guarded(["-C", str(half_a_rule), "rules", "--explain", "PIN-001"]) == 0


def test_the_table_of_rules_does_not_lose_it(half_a_rule: Path) -> None:
    (readme,) = (each for each in render(Mini(half_a_rule).load()) if each.path == "policies/README.md")
    assert readme.text == (ENGINE / "policies/README.md").read_text()


def test_why_tells_of_a_rule_that_failed_on_the_release(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(["-C", str(broken), "why", "staging/income", "--findings"]) == 1
    out, err = capsys.readouterr()
    assert "PIN-001" in out
    assert "PIN-001 staging/income: the rule failed: ZeroDivisionError: no such thing in income" in err
    assert guarded(["-C", str(broken), "why", "staging/income", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["faults"][0]["rule"] == "PIN-001"


def test_a_rule_that_cannot_be_loaded_is_named_and_not_its_line_in_policy_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the strictness nor a waiver of it is a misspelling."""
    folder, mini = tmp_path / "more", build(tmp_path / "repository")
    folder.mkdir()
    (folder / "imported.py").write_text('"""NEW-001: New."""\nraise RuntimeError("boom")\n')
    mini.write("environments/staging/policy.yaml", f"{LENIENT}  NEW-001: deny\n  LOG-001: advise\n")
    mini.write(
        "policies/waivers.yaml",
        "waivers:\n- {rule: NEW-001, release: income, environment: staging, fingerprint: d1b7467771c1db89, "
        "reason: It was bought for a trial, owner: a-team, approver: b-team, ticket: RISK-1, "
        "created: 2026-11-24, expires: 2026-12-23}\n",
    )
    monkeypatch.setattr(policies, "__path__", [*policies.__path__, str(folder)])
    rulebook.book.cache_clear()
    try:
        assert guarded(["-C", str(mini.root), "check", "--format", "json"]) == 1
        found = json.loads(capsys.readouterr().out)
    finally:
        rulebook.book.cache_clear()
    assert [each["rule"] for each in found["faults"]] == ["policies/imported.py"]
    assert set(found["releases"]) == {"production/income", "staging/income"}


def test_a_judge_that_does_not_take_its_parameters_is_named_by_its_file(broken: Path) -> None:
    """Nothing of it has run, so no line of it is on the way to the error."""
    repository = load(broken)
    staging = repository.environments["staging"]
    (case, *_) = cases(repository, render(repository), circumstances(broken))
    odd = replace(enforced_one(staging, "DUP-001"), strictness=Strictness.DENY, parameters={"rows": 1})
    fault = Sitting().consider(odd, case).fault
    assert fault is not None
    assert fault.error.endswith("unexpected keyword argument 'rows' (policies/duplicates.py)")
