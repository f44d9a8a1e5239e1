"""Every format of a check: whole, readable by what it is meant for, and safe from what the files say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree import ElementTree

import click
import pytest
from jsonschema import Draft202012Validator

from releasectl.checked import Checked
from releasectl.checkedjson import decoded
from releasectl.errors import Problem
from releasectl.model import Missing, Place
from releasectl.plain import plain
from releasectl.policy import Fault, Finding, Notice, Severity, Strictness, Waiver
from releasectl.report.findings import FORMATS
from releasectl.rulebook import described, rules
from releasectl.schema import schema
from tests.golden_files import assert_golden
from tests.policy_cases import ROOT

EVIL = "::error::x\n::set-output name=y::z | `code` <b> @team #1 \x1b[31m"
GOLDEN = ROOT.parent / "golden" / "check"


def finding(number: int = 1, **changes: Any) -> Finding:
    given: dict[str, Any] = {
        "rule": "DUP-001",
        "title": "The training data are not a few rows many times",
        "severity": Severity.HIGH,
        "strictness": Strictness.DENY,
        "place": Place("releases/production/income.yaml", 4, 8),
        "message": "share of training rows that are distinct: 0.075, wanted at least 0.5",
        "remedy": "ask the supplier for the original rows",
        "environment": "production",
        "release": "production/income",
        "pointer": "/model",
        "actual": 0.075,
        "wanted": "at least 0.5",
        "evidence": Place("releases/models/0123.yaml", 120, 9),
        "fingerprint": f"{number:016x}",
    }
    return Finding(**(given | changes))


WAIVER = Waiver(
    "GOV-001", "production/income", f"{4:016x}", "the report is being written", "credit-ml", "model-risk",
    "RISK-7", date(2026, 11, 1), date(2026, 12, 1), Place("policies/waivers.yaml", 4, 5),
)  # fmt: skip
RULES = tuple(
    replace(described(rule), off=("staging",) if rule in ("SOAK-001", "SHAD-001") else ()) for rule in rules()
)
EVERYTHING = Checked(
    releases=("production/income", "staging/income"),
    findings=(
        finding(1),
        finding(2, message=f"a second one {EVIL}", actual=["a", "b"]),
        finding(
            3,
            rule="FAIR-004",
            strictness=Strictness.WARN,
            mild=True,
            actual=Missing("nobody knows"),
            evidence=None,
        ),
        finding(
            5, rule="ROLL-001", strictness=Strictness.ADVISE, release="staging/income", environment="staging"
        ),
        finding(4, rule="GOV-001", waiver=WAIVER),
    ),
    faults=(Fault("PERF-001", "production/income", "ZeroDivisionError: division by zero"),),
    notices=(
        Notice(Place("policies/waivers.yaml", 9, 5), "the waiver of X expired", "remove it"),
        Notice(
            Place("policies/waivers.yaml", 19, 5),
            "the waiver is approved by its own owner",
            "ask",
            wrong=True,
        ),
    ),
    judge="0123456789ab",
    delta=(Notice(Place("environments/production/policy.yaml", 3, 3), "loosens DUP-001", "agree"),),
    standing=(finding(6, rule="FAIR-002", release="staging/income", environment="staging"),),
    refused=(Problem("policies/waivers.yaml", "releases and their judge change together", "split it"),),
    rules=RULES,
)
CLEAN = Checked(("production/income",), (), rules=RULES)


@pytest.mark.parametrize("name", FORMATS)
def test_whole_output(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = click.unstyle(FORMATS[name](EVERYTHING))
    if name == "sarif":  # the pages of all rules are in it, and change with them
        found = json.loads(text)
        found["runs"][0]["tool"]["driver"]["rules"] = len(found["runs"][0]["tool"]["driver"]["rules"])
        text = json.dumps(found, indent=2) + "\n"
    if name == "junit":
        text = re.sub(r'\n +<testcase classname="[a-z/]+" name="[^"]+" />', "", text)
    assert_golden(GOLDEN / f"{name}.txt", text)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found(name: str) -> None:
    assert FORMATS[name](CLEAN)


def test_exit_codes() -> None:
    assert EVERYTHING.exit_code == 1
    assert Checked((), (finding(),)).exit_code == 10
    assert Checked((), (finding(waiver=WAIVER),)).exit_code == 0
    assert Checked((), (finding(strictness=Strictness.WARN),)).exit_code == 0
    assert Checked((), (), refused=EVERYTHING.refused).exit_code == 10
    assert Checked((), (), standing=(finding(),)).exit_code == 0
    assert Checked((), (), notices=EVERYTHING.notices[:1]).exit_code == 0
    assert Checked((), (), notices=EVERYTHING.notices).exit_code == 3


@pytest.mark.parametrize("checked", [EVERYTHING, CLEAN])
def test_json_keeps_its_schema(checked: Checked) -> None:
    content = schema("releasectl/report/check.schema.json")
    Draft202012Validator.check_schema(content)
    Draft202012Validator(content).validate(json.loads(FORMATS["json"](checked)))


def test_a_verdict_comes_back_from_json() -> None:
    assert decoded(json.loads(json.dumps(plain(EVERYTHING)))) == EVERYTHING


# What SARIF 2.1.0 lets an object have, as far as we write it, and what it has to have; by section of the
# specification: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
OBJECTS: Mapping[str, tuple[set[str], set[str]]] = {
    "log 3.13": ({"$schema", "version", "runs"}, {"version", "runs"}),
    "run 3.14": (
        {"tool", "columnKind", "originalUriBaseIds", "invocations", "results", "properties"},
        {"tool"},
    ),
    "driver 3.19": ({"name", "semanticVersion", "rules"}, {"name"}),
    "rule 3.49": (
        {"id", "name", "shortDescription", "fullDescription", "help", "defaultConfiguration", "properties"},
        {"id"},
    ),
    "result 3.27": (
        {
            "ruleId",
            "ruleIndex",
            "level",
            "kind",
            "message",
            "locations",
            "relatedLocations",
            "partialFingerprints",
            "suppressions",
            "baselineState",
            "properties",
        },
        {"message"},
    ),
    "suppression 3.35": ({"kind", "status", "justification", "location"}, {"kind"}),
    "invocation 3.20": (
        {"executionSuccessful", "toolExecutionNotifications", "toolConfigurationNotifications"},
        {"executionSuccessful"},
    ),
    "notification 3.58": ({"level", "message", "locations"}, {"message"}),
    "location 3.28": ({"id", "physicalLocation", "message"}, set()),
    "physicalLocation 3.29": ({"artifactLocation", "region"}, {"artifactLocation"}),
    "artifactLocation 3.4": ({"uri", "uriBaseId"}, set()),
    "region 3.30": ({"startLine", "startColumn"}, set()),
}
LEVELS = {"none", "note", "warning", "error"}


def conforms(kind: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    allowed, required = next(each for name, each in OBJECTS.items() if name.startswith(f"{kind} "))
    assert value.keys() <= allowed, f"{kind}: {value.keys() - allowed}"
    assert required <= value.keys(), kind
    if "message" in value:
        assert value["message"]["text"]
    if "level" in value:
        assert value["level"] in LEVELS
    return value


def conforms_location(value: Mapping[str, Any]) -> None:
    physical = conforms("physicalLocation", conforms("location", value)["physicalLocation"])
    artifact = conforms("artifactLocation", physical["artifactLocation"])
    assert re.fullmatch(r"[A-Za-z0-9._/-]+", artifact["uri"]), "a relative reference of RFC 3986"
    assert artifact["uriBaseId"] == "%SRCROOT%"
    assert all(number >= 1 for number in conforms("region", physical["region"]).values())


@pytest.mark.parametrize("checked", [EVERYTHING, CLEAN])
def test_sarif_is_what_the_specification_asks(checked: Checked) -> None:
    log = conforms("log", json.loads(FORMATS["sarif"](checked)))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    conforms("run", run)
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    driver = conforms("driver", run["tool"]["driver"])
    described = [conforms("rule", rule) for rule in driver["rules"]]
    assert [rule["id"] for rule in described] == [*rules(), "input"]
    assert all(rule["help"]["text"] for rule in described)
    for rule in described[:-1]:
        assert rule["help"]["markdown"].startswith(f"# {rule['id']}")
        assert rule["defaultConfiguration"]["level"] in LEVELS
    for invocation in run["invocations"]:
        conforms("invocation", invocation)
        for key in ("toolExecutionNotifications", "toolConfigurationNotifications"):
            for notification in invocation[key]:
                for location in conforms("notification", notification).get("locations", ()):
                    conforms_location(location)
    for result in run["results"]:
        conforms("result", result)
        assert result["kind"] == "fail"
        assert described[result["ruleIndex"]]["id"] == result["ruleId"]
        assert all(isinstance(each, str) for each in result["partialFingerprints"].values())
        for location in (*result["locations"], *result.get("relatedLocations", ())):
            conforms_location(location)
        for suppression in result.get("suppressions", ()):
            conforms("suppression", suppression)
            assert suppression["kind"] in ("inSource", "external")
            assert suppression["status"] in ("accepted", "underReview", "rejected")
            conforms_location(suppression["location"])


def test_sarif_carries_waivers_and_faults() -> None:
    (run,) = json.loads(FORMATS["sarif"](EVERYTHING))["runs"]
    suppressed = [result for result in run["results"] if "suppressions" in result]
    assert [result["ruleId"] for result in suppressed] == ["GOV-001"]
    assert "the report is being written (RISK-7, model-risk, to 2026-12-01)" in str(suppressed[0])
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "division by zero" in str(run["invocations"][0]["toolExecutionNotifications"])


def test_what_is_unknown_for_one_reason_is_told_together() -> None:
    """Evidence that cannot be read misses all it would tell."""
    why = Missing("the card cannot be read")
    parts = ("contact", "owner", "tier")
    unknown = tuple(
        finding(number, message=f"{part} of the card: unknown, because {why.reason}", actual=why)
        for number, part in enumerate(parts)
    )
    text = " ".join(click.unstyle(FORMATS["text"](Checked((), unknown))).split())
    assert "- contact of the card, owner of the card, tier of the card: unknown, because the card" in text
    assert text.count("unknown, because") == 1
    assert "(line" not in text


def test_what_is_refused_is_shown_where_it_stands() -> None:
    """Code scanning shows results, and leaves out notifications."""
    line = Problem("releases/staging/a b.yaml:4:3", "has no field `moddel`", "write `model`")
    elsewhere = Problem("releases/staging/a b.yaml:9:3", "has no field `moddel`", "write `model`")
    nowhere = Problem("the commit 0123", "cannot be read", "fetch it")
    checked = Checked((), (), refused=(line, elsewhere, nowhere))
    (run,) = json.loads(FORMATS["sarif"](checked))["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["input"] * 3
    first, second, third = run["results"]
    physical = first["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "releases/staging/a%20b.yaml"
    assert physical["region"] == {"startLine": 4, "startColumn": 3}
    assert first["message"]["text"] == f"{line.where}: {line.what}. To do: {line.remedy}."
    assert first["partialFingerprints"] == second["partialFingerprints"] != third["partialFingerprints"]
    assert third["locations"] == []
    assert commands(FORMATS["github"](checked))[0].startswith(
        "::error file=releases/staging/a b.yaml,line=4,col=3,title=refused::has no field"
    )
    (suite,) = ElementTree.fromstring(FORMATS["junit"](checked).split("\n", 1)[1])
    assert suite.get("failures") == "3"
    assert (suite[0].get("file"), suite[0].get("line")) == ("releases/staging/a b.yaml", "4")
    assert FORMATS["markdown"](checked).startswith("### Policy: ❌ not everything can be judged\n")


def commands(text: str) -> list[str]:
    """What a runner of GitHub Actions would take for commands."""
    found, stopped = [], ""
    for line in text.splitlines():
        if stopped:
            stopped = "" if line == f"::{stopped}::" else stopped
        elif line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif line.lstrip().startswith("::"):
            found.append(line)
    assert not stopped
    return found


def test_annotations_stay_under_the_limit_and_nothing_is_lost() -> None:
    many = tuple(
        finding(number, rule=rule, release=f"production/model-{number}")
        for number, rule in enumerate(list(rules()) * 2)
    )
    text = click.unstyle(FORMATS["github"](Checked((), many)))
    found = commands(text)
    assert len(found) == 10
    last = len(many) - 1
    assert f"title={len(many) - 9} more%3A see the log of this step::" in found[-1]
    assert f"production/model-{last}: " in found[-1]
    assert f"model-{last}" in text


def test_annotations_are_the_only_commands() -> None:
    found = commands(click.unstyle(FORMATS["github"](EVERYTHING)))
    assert [line.split(" ")[0] for line in found] == ["::error"] * 4 + ["::warning"] * 4 + ["::notice"]
    assert all("set-output" not in line.split("::")[1] for line in found)
    assert "file=releases/production/income.yaml,line=4,col=8" in "".join(found)


def test_junit_can_be_read() -> None:
    root = ElementTree.fromstring(FORMATS["junit"](EVERYTHING).split("\n", 1)[1])
    suites = {suite.get("name"): suite for suite in root}
    told = {"what this changes about the judge": ("1", "0"), "waivers, rollbacks and revocations": ("2", "1")}
    assert set(suites) == {"production/income", "staging/income", "the judge", *told}
    production = suites["production/income"]
    assert (production.get("tests"), production.get("failures")) == (str(len(rules())), "1")
    assert (production.get("skipped"), production.get("errors")) == ("1", "1")
    assert suites["staging/income"].get("skipped") == "3"  # what is off, or stands, has not passed
    assert {name: (suites[name].get("tests"), suites[name].get("failures")) for name in told} == told


def test_junit_tells_what_only_the_judge_knows() -> None:
    """A rule that is not here any more, a module that cannot be loaded, and the data that trains."""
    checked = Checked(
        ("production/income",),
        (finding(rule="OLD-001", title="An old rule"), finding(2, rule="REVO-001", release="pipelines/x")),
        faults=(Fault("policies/new.py", "", "cannot be loaded"), Fault("OLD-002", "pipelines/x", "boom")),
    )
    root = ElementTree.fromstring(FORMATS["junit"](checked).split("\n", 1)[1])
    found = {
        (case.get("classname"), case.get("name")): [child.tag for child in case]
        for suite in root
        for case in suite
    }
    assert found == {
        ("production/income", "OLD-001 An old rule"): ["failure"],
        ("pipelines/x", "OLD-002"): ["error"],
        ("pipelines/x", "REVO-001 The training data are not a few rows many times"): ["failure"],
        ("judge", "policies/new.py"): ["error"],
    }
    assert json.loads(FORMATS["sarif"](checked))["runs"][0]["tool"]["driver"]["rules"][0]["id"] == "input"


def test_markdown_shows_text_as_text() -> None:
    text = FORMATS["markdown"](EVERYTHING)
    assert "<b>" not in text
    assert "@team" not in text
    assert "\x1b" not in text


def test_markdown_shows_the_worst_of_a_release_that_has_too_much() -> None:
    worst = finding(0, severity=Severity.CRITICAL, message="the worst of all")
    many = [finding(number, strictness=Strictness.WARN, message="x" * 400) for number in range(1, 3000)]
    text = FORMATS["markdown"](replace(EVERYTHING, findings=(worst, *many)))
    assert "the worst of all" in text
    assert "_and 2800 more, none of them worse_" in text
