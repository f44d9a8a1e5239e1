"""What holds for every workflow by its text: pins, rights, time limits, no expression in a script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from releasectl.review.codeowners import parse
from tests.e2e.stand import ROOT
from tests.workflows.shapes import ORGANISATION_RULESET, RULESET, valid

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FILES = [*WORKFLOWS, *sorted((GITHUB / "actions").glob("*/action.yml"))]
PIN = re.compile(r"[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
# Every right that any job has; a new one is added here by somebody who has thought about it.
RIGHTS = {
    "check.yml": {"check": {"contents": "read"}, "test": {"contents": "read"}},
    "plan.yml": {
        "judge": {"contents": "read", "id-token": "write"},
        "comment": {"contents": "read", "pull-requests": "write"},
    },
    "apply.yml": {
        name: {"contents": "read", "deployments": "write", "id-token": "write"}
        for name in ("pipelines", "staging", "production")
    },
    "drift.yml": {
        "look": {"contents": "read", "id-token": "write"},
        "issue": {"contents": "read", "issues": "write"},
    },
    "trainers.yml": {"test": {"contents": "read"}, "publish": {"contents": "read", "packages": "write"}},
}
ENVIRONMENTS = {
    ("plan.yml", "judge"): "plan", ("drift.yml", "look"): "plan", ("trainers.yml", "publish"): "images",
    **{("apply.yml", name): name for name in ("pipelines", "staging", "production")},
}  # fmt: skip


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return found


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in WORKFLOWS:
        for name, job in read(file)["jobs"].items():
            yield file.name, name, job


def steps(file: Path) -> Iterator[dict[str, Any]]:
    found = read(file)
    for group in [found["runs"]] if "runs" in found else found["jobs"].values():
        yield from group["steps"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_actions_are_pinned_and_scripts_hold_no_expression(file: Path) -> None:
    for line in file.read_text().splitlines():
        if "uses:" in line and "./.github/" not in line:
            assert PIN.search(line), line
    for step in steps(file):
        assert "${{" not in step.get("run", ""), step
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False
    assert "secrets." not in file.read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_step_looks_for_modules_in_the_folder_that_was_checked_out(file: Path) -> None:
    """`python3 -m` does, and so does `python3 -c`: a json.py in the root would run with the step's tokens."""
    for step in steps(file):
        run = step.get("run", "")
        assert run.count("python") == run.count("python3 -I .github/steps.py "), run


def test_every_job_has_the_least_rights_and_a_time_limit() -> None:
    found: dict[str, dict[str, Any]] = {}
    for file, name, job in jobs():
        found.setdefault(file, {})[name] = job["permissions"]
        assert job["timeout-minutes"] <= 120, (file, name)
        assert job["runs-on"] == "ubuntu-latest", (file, name)
    assert found == RIGHTS
    assert [read(file)["permissions"] for file in WORKFLOWS] == [{}] * len(WORKFLOWS)


def test_whoever_may_reach_the_cluster_or_publish_has_an_environment() -> None:
    found = {}
    for file, name, job in jobs():
        environment = job.get("environment")
        if environment is not None:
            found[file, name] = environment["name"] if isinstance(environment, dict) else environment
        else:
            assert not {"id-token", "packages", "deployments"} & job["permissions"].keys(), (file, name)
    assert found == ENVIRONMENTS


def test_a_job_that_writes_to_github_installs_nothing() -> None:
    for file, name, job in jobs():
        if {"pull-requests", "issues"} & job["permissions"].keys():
            assert not any("setup" in step.get("uses", "") for step in job["steps"]), (file, name)


def test_workflows_are_short() -> None:
    assert {
        file.name: lines for file in WORKFLOWS if (lines := len(file.read_text().splitlines())) > 62
    } == {}


def test_what_the_rules_of_main_require_is_what_the_workflows_report() -> None:
    rules = json.loads((GITHUB / "rulesets/main.json").read_text())["rules"]
    (checks,) = (rule["parameters"] for rule in rules if rule["type"] == "required_status_checks")
    required = {check["context"] for check in checks["required_status_checks"]}
    for event in ({"pull_request", "pull_request_target"}, {"merge_group"}):
        reported = {
            job["name"] for file in WORKFLOWS for job in read(file)["jobs"].values() if event & triggers(file)
        }
        assert required <= reported


def triggers(file: Path) -> set[str]:
    return set(read(file)[True])  # YAML 1.1 reads `on` as true


@pytest.mark.parametrize("file", sorted((GITHUB / "rulesets").glob("*.json")), ids=lambda file: file.stem)
def test_rulesets_have_the_published_shape(file: Path) -> None:
    """Of a known type each: an unknown one would have matched none of the shapes."""
    content = json.loads(file.read_text())
    shape = ORGANISATION_RULESET if file.stem.startswith("organisation") else RULESET
    valid(shape, content)
    found = TypeAdapter(shape).validate_python(content)
    assert [rule.type for rule in found.rules] == [rule["type"] for rule in content["rules"]]


def test_every_folder_has_an_owner() -> None:
    patterns = {
        pattern.strip("/").partition("/")[0] for pattern, _ in parse((GITHUB / "CODEOWNERS").read_text())
    }
    folders = {
        "releases",
        "environments",
        "pipelines",
        "policies",
        "generators",
        "releasectl",
        "trainers",
        ".github",
    }
    assert folders <= patterns


def test_two_jobs_of_the_same_name_would_hide_each_other() -> None:
    names = [job["name"] for _, _, job in jobs()]
    assert len(names) == len(set(names))
