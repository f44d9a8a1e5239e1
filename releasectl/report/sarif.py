"""Findings as SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from releasectl import __version__
from releasectl.checked import STANDING, Checked
from releasectl.errors import Problem
from releasectl.model import Json, Place
from releasectl.policy import Described, Fault, Finding, Notice, Severity, Strictness
from releasectl.report import rulepage
from releasectl.report.annotations import place_of

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final[Mapping[Strictness, str]] = {
    Strictness.DENY: "error",
    Strictness.WARN: "warning",
    Strictness.ADVISE: "note",
    Strictness.OFF: "none",
}
# What GitHub sorts by: https://docs.github.com/en/code-security/reference/code-scanning/sarif-support-for-code-scanning
SCORES: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.0",
    Severity.LOW: "2.0",
    Severity.INFO: "0.0",
}


INPUT: Final[Json] = {  # the rule of what is refused: code scanning shows results, and no notifications
    "id": "input",
    "name": "What is written can be judged",
    "shortDescription": {"text": "What is written can be judged"},
    "fullDescription": {"text": "A file that cannot be read as what it should be is judged by no rule."},
    "help": {"text": "The message of each result says what to do."},
    "defaultConfiguration": {"level": "error"},
    "properties": {"tags": ["input"], "precision": "very-high", "problem.severity": "error"},
}


def as_sarif(checked: Checked) -> str:
    known = checked.rules
    places = {each.rule.id: index for index, each in enumerate(known)}
    run = {
        "tool": {
            "driver": {
                "name": "releasectl",
                "semanticVersion": __version__,
                "rules": [*map(_rule, known), INPUT],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(checked)],
        "results": [
            *(_refused(problem, len(known)) for problem in checked.refused),
            *(_result(finding, places) for finding in checked.findings),
            *(_standing(finding, places) for finding in checked.standing),
        ],
        "properties": {"judge": checked.judge, "releases": list(checked.releases)},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(described: Described) -> Json:
    rule = described.rule
    return {
        "id": rule.id,
        "name": rule.title,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.title},
        "help": {"text": rulepage.as_text(described), "markdown": rulepage.as_markdown(described)},
        "defaultConfiguration": {"level": LEVELS[rule.default]},
        "properties": {
            "tags": ["policy", rule.id.partition("-")[0].lower()],
            "precision": "high",
            "problem.severity": LEVELS[rule.default]
            .replace("note", "recommendation")
            .replace("none", "recommendation"),
            "security-severity": SCORES[rule.severity],
            "severity": str(rule.severity),
            "owner": rule.owner,
            "authority": [str(authority) for authority in rule.authority],
        },
    }


def _result(finding: Finding, places: Mapping[str, int]) -> Json:
    result: dict[str, Json] = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.strictness],
        "kind": "fail",
        "message": {"text": f"{finding.release}: {finding.message}. To do: {finding.remedy}."},
        "locations": [_location(finding.place)],
        "partialFingerprints": {"releasectl/v1": finding.fingerprint},
        "properties": {
            "release": finding.release,
            "pointer": finding.pointer,
            "wanted": finding.wanted,
            "strictness": str(finding.strictness),
        },
    }
    if finding.rule in places:
        result["ruleIndex"] = places[finding.rule]
    if finding.evidence is not None:
        result["relatedLocations"] = [
            {**_location(finding.evidence), "id": 0, "message": {"text": "the value in the model's lock"}}
        ]
    if finding.waiver is not None:
        waiver = finding.waiver
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{waiver.reason} ({waiver.ticket}, {waiver.approver}, to {waiver.expires})",
                "location": _location(waiver.place),
            }
        ]
    return result


def _standing(finding: Finding, places: Mapping[str, int]) -> Json:
    """Unchanged since the base, in the words of the standard; not to stop those who did not bring it."""
    message = {"text": f"{STANDING}: {finding.release}: {finding.message}. To do: {finding.remedy}."}
    return {
        **_result(finding, places),
        "level": LEVELS[Strictness.WARN],
        "baselineState": "unchanged",
        "message": message,
    }


def _refused(problem: Problem, index: int) -> Json:
    place = place_of(problem)
    known = f"{place.file if place else problem.where}: {problem.what}"  # the line changes with other lines
    return {
        "ruleId": "input",
        "ruleIndex": index,
        "level": "error",
        "kind": "fail",
        "message": {"text": f"{problem.where}: {problem.what}. To do: {problem.remedy}".rstrip("?") + "."},
        "locations": [_location(place)] if place else [],
        "partialFingerprints": {"releasectl/v1": hashlib.sha256(known.encode()).hexdigest()[:16]},
    }


def _location(place: Place) -> dict[str, Json]:
    """A whole file has no region; `%SRCROOT%` is where the repository lies."""
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }


def _invocation(checked: Checked) -> Json:
    return {
        "executionSuccessful": not checked.faults,
        "toolExecutionNotifications": [_of_fault(fault) for fault in checked.faults],
        "toolConfigurationNotifications": list(_of_notices(checked)),
    }


def _of_fault(fault: Fault) -> Json:
    where = f" of {fault.release}" if fault.release else ""
    return {"level": "error", "message": {"text": f"the rule {fault.rule} failed{where}: {fault.error}"}}


def _of_notices(checked: Checked) -> Iterator[Json]:
    for notice in (*checked.notices, *checked.delta):
        yield _notification("error" if notice.wrong else "warning", notice)


def _notification(level: str, notice: Notice) -> Json:
    return {
        "level": level,
        "message": {"text": f"{notice.what}. To do: {notice.remedy}."},
        "locations": [_location(notice.place)],
    }
