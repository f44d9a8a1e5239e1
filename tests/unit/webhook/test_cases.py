"""Every rule finds what its fail*.yaml says and nothing in its pass*.yaml; adding a case is adding a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from releasectl.webhook import BEYOND, RULES, beyond, violations
from releasectl.webhook.manifest import apply_rules

CASES = Path(__file__).parents[2] / "cases" / "webhook"
ALL = RULES | BEYOND
FILES = sorted(CASES.glob("*/*.yaml"))


def found(rule: str, manifest: object) -> list[tuple[str, str]]:
    return [(each.field, each.message) for each in apply_rules({rule: ALL[rule]}, manifest)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_rule_finds_exactly_what_the_case_expects(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    expected = [(each["field"], each["message"]) for each in case.get("expect", [])]
    assert bool(expected) == path.stem.startswith("fail")
    actual = found(path.parent.name, case["manifest"])
    assert [field for field, _ in actual] == [field for field, _ in expected], actual
    for (_, message), (_, part) in zip(actual, expected, strict=True):
        assert part in message


@pytest.mark.parametrize("rule", ALL)
@pytest.mark.parametrize("outcome", ["pass", "fail"])
def test_every_rule_has_a_case_of_either_outcome(rule: str, outcome: str) -> None:
    assert list((CASES / rule).glob(f"{outcome}*.yaml"))


def test_every_case_belongs_to_a_rule() -> None:
    assert {path.parent.name for path in FILES} == set(ALL)


def test_seldon_has_nineteen_rules_and_no_name_stands_for_two() -> None:
    assert len(RULES) == 19
    assert not set(RULES) & set(BEYOND)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_public_functions_apply_every_rule_and_name_a_remedy(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    judge = violations if path.parent.name in RULES else beyond
    judged = judge(case["manifest"])
    assert all(each.remedy and each.message and each.field for each in judged)
    said = {(each.field, each.message) for each in judged}
    assert set(found(path.parent.name, case["manifest"])) <= said
