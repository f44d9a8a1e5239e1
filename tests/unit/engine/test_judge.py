from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from releasectl.judge import denied, judge
from releasectl.model import Rendered
from releasectl.policy import Finding
from releasectl.render import render
from tests.builder import CANDIDATE, LENIENT, build
from tests.story import quick  # noqa: F401  (a fixture)

DEPLOYMENT = "environments/staging/rendered/income.yaml"
DETECTORS = "environments/staging/rendered/income.detectors.yaml"


def findings(
    root: Path, path: str = "", change: Callable[[Any], None] = id, policy: str = ""
) -> tuple[Finding, ...]:
    """What is found when a generated document is not as it should be."""
    mini = build(root)
    if policy:
        mini.write("environments/staging/policy.yaml", policy)
    repository = mini.load()
    rendered = []
    for file in render(repository):
        documents = copy.deepcopy(file.documents)
        if file.path == path:
            change(documents[0])
        rendered.append(Rendered(file.path, file.text, documents))
    return judge(repository, rendered)


def predictor(document: Any) -> Any:
    return document["spec"]["predictors"][0]


CHANGES: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    "explainer of another commit": (
        "LOCK-001",
        DEPLOYMENT,
        lambda d: predictor(d)["explainer"].update(
            modelUri=f"s3://{CANDIDATE}.master.copy_models/income/explainer"
        ),
    ),
    "model of another commit": (
        "LOCK-001",
        DEPLOYMENT,
        lambda d: predictor(d)["graph"].update(modelUri=f"s3://{CANDIDATE}.master.copy_models/income"),
    ),
    "detector of another commit": (
        "LOCK-001",
        DETECTORS,
        lambda d: d["body"]["config"]["basic"].update(
            storage_uri=f"s3://{CANDIDATE}.master.copy_models/income/drift"
        ),
    ),
    "no logger": ("LOG-001", DEPLOYMENT, lambda d: predictor(d)["graph"].pop("logger")),
    "only requests logged": (
        "LOG-001",
        DEPLOYMENT,
        lambda d: predictor(d)["graph"].update(logger={"mode": "request"}),
    ),
    "floating image": (
        "PIN-001",
        DEPLOYMENT,
        lambda d: predictor(d)["explainer"]["containerSpec"].update(image="creditco/serving:latest"),
    ),
}


def test_what_is_generated_is_clean(tmp_path: Path) -> None:
    assert findings(tmp_path) == ()


@pytest.mark.parametrize("name", CHANGES)
def test_a_fault_is_found_and_denied(tmp_path: Path, name: str) -> None:
    rule, path, change = CHANGES[name]
    found = findings(tmp_path, path, change)
    assert [finding.rule for finding in found] == [rule]
    assert found[0].release == "staging/income"
    assert found[0].place.file == "releases/staging/income.yaml"
    assert denied(found) == found


def test_uri_without_a_commit_breaks_two_rules(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        DEPLOYMENT,
        lambda d: predictor(d)["graph"].update(modelUri="s3://master.copy_models/income"),
    )
    assert [finding.rule for finding in found] == ["LOCK-001", "PIN-001"]


@pytest.mark.parametrize(("strictness", "count"), [("off", 0), ("advise", 1), ("warn", 1)])
def test_an_environment_decides_how_strict_a_rule_is(tmp_path: Path, strictness: str, count: int) -> None:
    _, path, change = CHANGES["no logger"]
    found = findings(tmp_path, path, change, f"{LENIENT}  LOG-001: {strictness}\n")
    assert [str(finding.strictness) for finding in found] == [strictness] * count
    assert denied(found) == ()
