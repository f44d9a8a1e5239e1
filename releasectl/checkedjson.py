"""A verdict as JSON and back: how the process that judges tells the one that asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from releasectl.checked import Checked
from releasectl.errors import Problem
from releasectl.model import Json, Missing, Place
from releasectl.policy import (
    Authority,
    Described,
    Fault,
    Finding,
    Looser,
    Need,
    Notice,
    Parameter,
    Remedy,
    Rule,
    Severity,
    Status,
    Strictness,
    Waiver,
)


def decoded(data: Mapping[str, Json]) -> Checked:
    """What `plain` made of a Checked."""
    return Checked(
        releases=tuple(data["releases"]),
        findings=tuple(_finding(each) for each in data["findings"]),
        faults=tuple(Fault(**each) for each in data["faults"]),
        notices=tuple(_notice(each) for each in data["notices"]),
        judge=data["judge"],
        delta=tuple(_notice(each) for each in data["delta"]),
        refused=tuple(Problem(**each) for each in data["refused"]),
        rules=tuple(_described(each) for each in data.get("rules", ())),  # an older judge tells of none
        standing=tuple(_finding(each) for each in data.get("standing", ())),  # nor of these
    )


def _described(data: Mapping[str, Json]) -> Described:
    return Described(_rule(data["rule"]), data["page"], data["file"], tuple(data["off"]))


def _rule(data: Mapping[str, Json]) -> Rule:
    return Rule(
        **{
            **data,
            "severity": Severity(data["severity"]),
            "default": Strictness(data["default"]),
            "needs": tuple(map(Need, data["needs"])),
            "remedy": Remedy(**data["remedy"]),
            "authority": tuple(_authority(each) for each in data["authority"]),
            "parameters": tuple(_parameter(each) for each in data["parameters"]),
            "unwaivable": tuple(data["unwaivable"]),
        }
    )


def _authority(data: Mapping[str, Json]) -> Authority:
    known = {"status": Status(data["status"]), "checked": date.fromisoformat(data["checked"])}
    return Authority(**{**data, **known})


def _parameter(data: Mapping[str, Json]) -> Parameter:
    default = data["default"]
    items = tuple(default) if isinstance(default, list) else default
    known = {"default": items, "looser": Looser(data["looser"]), "choices": tuple(data["choices"])}
    return Parameter(**{**data, **known})


def _finding(data: Mapping[str, Json]) -> Finding:
    actual, evidence, waiver = data["actual"], data["evidence"], data["waiver"]
    missing = isinstance(actual, Mapping) and actual.keys() == {"missing"}
    return Finding(
        **{
            **data,
            "severity": Severity(data["severity"]),
            "strictness": Strictness(data["strictness"]),
            "place": _place(data["place"]),
            "actual": Missing(actual["missing"]) if missing else actual,
            "evidence": _place(evidence) if evidence else None,
            "waiver": _waiver(waiver) if waiver else None,
        }
    )


def _waiver(data: Mapping[str, Json]) -> Waiver:
    days = {name: date.fromisoformat(data[name]) for name in ("created", "expires")}
    return Waiver(**{**data, **days, "place": _place(data["place"])})


def _notice(data: Mapping[str, Json]) -> Notice:
    return Notice(**{**data, "place": _place(data["place"])})


def _place(text: str) -> Place:
    file, line, column = text.rsplit(":", 2)
    return Place(file, int(line), int(column))
