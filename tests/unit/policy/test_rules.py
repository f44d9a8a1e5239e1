"""Every rule against its own fixtures in tests/cases/<rule>/, and the fixtures against the rule."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from releasectl.enforcement import wrong_value
from releasectl.policy import Looser, Need, Parameter, Status, Strictness
from releasectl.rulebook import JUDGES, book, file_of, page, rules
from tests import policy_cases
from tests.golden_files import UPDATE

FIXTURES = list(policy_cases.fixtures())
NAMES = [f"{path.parent.name}/{path.stem}" for path in FIXTURES]


@pytest.fixture(scope="session")
def around(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("around")


def test_every_module_of_the_folder_is_a_rule() -> None:
    assert book().faults == ()
    assert len(rules()) > 30


@pytest.mark.parametrize("rule", rules())
@pytest.mark.parametrize("kind", policy_cases.KINDS)
def test_every_rule_has_fixtures(rule: str, kind: str) -> None:
    folder = policy_cases.ROOT / rule
    assert (folder / f"{kind}.yaml").is_file(), f"{folder.name}: add {kind}.yaml, as the others have it"


def test_every_fixture_has_a_rule() -> None:
    folders = {path.parent.name for path in FIXTURES}
    assert folders <= rules().keys()
    kinds = {path.stem.split("-")[0] for path in FIXTURES}
    assert kinds == {*policy_cases.KINDS, "mild"}


@pytest.mark.parametrize("rule", rules())
def test_every_rule_is_a_page_and_a_record(rule: str) -> None:
    record, text = rules()[rule].RULE, rules()[rule].__doc__ or ""
    title = text.splitlines()[0]
    assert re.fullmatch(rf"{rule}: [A-Z].*\.", title), title
    assert len(page(rule).split()) > 30, "the docstring is the documentation: say why"
    assert record.needs
    assert {*record.needs} <= {*Need}
    assert record.remedy.advice
    assert record.remedy.before
    assert record.remedy.after
    for example in (record.remedy.before, record.remedy.after):
        yaml.safe_load(example)
    assert record.authority
    assert all(each.citation or each.status in (Status.COMPANY, Status.GUIDANCE) for each in record.authority)
    assert record.owner
    assert re.fullmatch(r"[0-9]+\.[0-9]+", record.since)
    assert file_of(rule).startswith("policies/")


@pytest.mark.parametrize("rule", rules())
def test_parameters_are_those_of_the_function(rule: str) -> None:
    record = rules()[rule].RULE
    declared = {parameter.name for parameter in record.parameters}
    for judge in judges(rule).values():
        taken = inspect.signature(judge).parameters.values()
        named = {each.name for each in taken if each.kind is each.KEYWORD_ONLY}
        rest = any(each.kind is each.VAR_KEYWORD for each in taken)
        assert named == declared or (named < declared and rest)
    for parameter in record.parameters:
        assert parameter.about
        assert parameter.looser in Looser
        if isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool):
            assert parameter.least is None or parameter.least <= parameter.default
            assert parameter.most is None or parameter.default <= parameter.most


@pytest.mark.parametrize("rule", [rule for rule in rules() if rules()[rule].RULE.parameters])
def test_no_parameter_switches_a_rule_off(rule: str, around: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all of them as loose as can be it still finds something, which is not a fact that is missing."""
    chosen = {each.name: loosest(each) for each in rules()[rule].RULE.parameters}
    assert {name: value for name, value in chosen.items() if value is None} == {}
    for parameter in rules()[rule].RULE.parameters:
        assert wrong_value(parameter, chosen[parameter.name]) is None
        if isinstance(parameter.default, tuple):
            assert wrong_value(parameter, []) is not None
        elif not isinstance(parameter.default, bool):
            beyond = chosen[parameter.name] + (1 if parameter.looser is Looser.UP else -1)
            assert wrong_value(parameter, beyond) is not None
    monkeypatch.setattr(policy_cases, "chosen", lambda _: {"strictness": "deny", "parameters": chosen})
    paths = [path for path in FIXTURES if path.parent.name == rule and path.stem in ("fail", "fail-gross")]
    outcomes = [policy_cases.run(path, around) for path in paths]
    assert [each.considered.fault for each in outcomes if each.considered.fault] == []
    assert [found.message for each in outcomes for found in each.findings if ": unknown" not in found.message]


def loosest(parameter: Parameter) -> Any:
    if isinstance(parameter.default, tuple):
        return list(parameter.default[:1])
    if isinstance(parameter.default, bool):
        return parameter.looser is Looser.UP
    return parameter.most if parameter.looser is Looser.UP else parameter.least


@pytest.mark.parametrize("path", FIXTURES, ids=NAMES)
def test_a_fixture(path: Path, around: Path) -> None:
    fixture = policy_cases.read(path)
    outcome = policy_cases.run(path, around)
    problems = list(wrong(path, fixture, outcome))
    if UPDATE and "waiver" in fixture and path.stem.startswith("waived"):
        renewed(path, outcome.considered.findings[0].fingerprint)
    assert not problems, f"{fixture['about']}: {problems}"


@pytest.mark.parametrize("rule", rules())
def test_a_rule_that_says_nothing_is_found_out(
    rule: str, around: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: take the rule's predicate away, and a fixture has to go red."""
    for name in judges(rule):
        monkeypatch.setattr(rules()[rule], name, lambda _, **_parameters: iter(()))
        assert red(rule, around)
        monkeypatch.undo()


@pytest.mark.parametrize("rule", sorted(rules().keys() - {"REVO-001"}))
def test_a_rule_that_wants_nothing_is_found_out(
    rule: str, around: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: every limit holds for every value. (REVO-001 has sentences in place of limits.)"""
    for name, judge in judges(rule).items():

        def content(subject: Any, judge: Any = judge, **parameters: Any) -> Iterator[Any]:
            for seen in judge(subject, **parameters):
                yield seen._replace(limit=seen.limit._replace(holds=lambda _: True))

        monkeypatch.setattr(rules()[rule], name, content)
        assert red(rule, around)
        monkeypatch.undo()


def judges(rule: str) -> dict[str, Any]:
    """What a rule asks: of a case, of a model, or of both."""
    return {name: getattr(rules()[rule], name) for name in JUDGES if hasattr(rules()[rule], name)}


def red(rule: str, around: Path) -> bool:
    """Whether some fixture of the rule no longer holds."""
    paths = [path for path in FIXTURES if path.parent.name == rule]
    return any(
        problem
        for path in paths
        for problem in wrong(path, policy_cases.read(path), policy_cases.run(path, around))
    )


def wrong(path: Path, fixture: dict[str, Any], outcome: policy_cases.Outcome) -> Iterator[str]:
    """What is not as the fixture says."""
    messages = [finding.message for finding in outcome.findings]
    if outcome.considered.fault is not None:
        yield str(outcome.considered.fault)
    for text in fixture["finds"]:
        if not any(text in message for message in messages):
            yield f"expected {text!r} among {messages}"
    if len(messages) != len(fixture["finds"]):
        yield f"{len(fixture['finds'])} expected, found {messages}"
    for finding in outcome.findings:
        mild = fixture.get("mild") or "mild" in path.stem
        if mild and not (finding.mild and finding.strictness is Strictness.WARN):
            yield f"{finding.strictness} though it is mild"
        if "hides" in fixture and fixture["hides"] in str(finding):
            yield f"shows {fixture['hides']}"
    waived = [finding.waiver is not None for finding in outcome.findings]
    refused = fixture.get("waiver", {}).get("refused", False)
    if path.stem.startswith("waived") and waived != [not refused]:
        yield f"waived: {waived}, {[finding.fingerprint for finding in outcome.findings]}"
    if refused and not any("cannot be waived" in notice.what for notice in outcome.notices):
        yield "nobody says that it cannot be waived"


def renewed(path: Path, fingerprint: str) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(fingerprint: )\S+", rf"\g<1>'{fingerprint}'", text), encoding="utf-8")


def test_what_breaks_a_schema_is_told_with_the_file_to_mend(around: Path) -> None:
    path = policy_cases.ROOT / "EVID-001/fail-misspelt.yaml"
    (finding,) = policy_cases.run(path, around).findings
    assert finding.message.startswith(
        "the evidence called metrics breaks its schema: unknown field `roc_acu`"
    )
    assert "wanted" not in finding.message
    assert finding.remedy == (
        "mend what writes metrics.json, then train and release anew: did you mean `roc_auc`?"
    )


def test_an_advice_cures_what_was_found(around: Path) -> None:
    """XAI-001 has texts to write, and shares that no text changes."""
    outcome = policy_cases.run(policy_cases.ROOT / "XAI-001/fail-reasons.yaml", around)
    advice = {each.message.partition(":")[0]: each.remedy for each in outcome.findings}
    (covered,) = (remedy for what, remedy in advice.items() if what.startswith("share of denials"))
    assert covered.startswith("train on fewer columns")
    outcome = policy_cases.run(policy_cases.ROOT / "SHAD-001/fail.yaml", around)
    assert {each.remedy.partition(" --record")[0] for each in outcome.findings} == {
        "run `releasectl compare production/income"
    }
