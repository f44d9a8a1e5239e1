"""Names as Seldon's operator computes them, and the hash that replaces one over 63 characters."""

from __future__ import annotations

import hashlib

import pytest

from releasectl.webhook import names
from releasectl.webhook.manifest import Violation, take_apart


def deployment(sdep: str, *predictors: dict) -> dict:
    return {"metadata": {"name": sdep}, "spec": {"predictors": list(predictors)}}


def test_names_of_the_worked_example() -> None:
    assert names.service_name("income", "default") == "income-default"
    assert names.service_name("income", "default", {"seldon.io/svc-name": "mine"}) == "mine"
    assert names.explainer_name("income", "default") == "income-default-explainer"
    assert names.deployment_id("income") == "income"


@pytest.mark.parametrize("length", [62, 63, 64, 200])
def test_a_name_over_63_characters_becomes_a_hash_of_itself(length: int) -> None:
    name = "a" * length
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    assert names.hashed(name) == (name if length <= 63 else f"seldon-{digest}")
    assert len(names.hashed(name)) <= 63


def test_a_deployment_is_called_after_its_component_or_its_containers() -> None:
    both = {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}
    parts = [both, {**both, "metadata": {"name": "own"}}, {**both, "metadata": {"labels": {}}}]
    found = names.deployment_names(deployment("income", {"name": "default", "componentSpecs": parts}))
    assert found == {
        "default": ("income-default-0-a-b", "income-default-1-own", "income-default-2-a-b"),
    }


def test_a_prepackaged_node_without_container_joins_the_first_pod() -> None:
    manifest = deployment(
        "income",
        {
            "name": "default",
            "componentSpecs": [{"spec": {"containers": [{"name": "log"}]}}, {"metadata": {"name": "tail"}}],
            "graph": {"name": "income", "implementation": "SKLEARN_SERVER"},
        },
        {"name": "shadow", "graph": {"name": "income", "implementation": "SKLEARN_SERVER"}},
    )
    assert names.deployment_names(manifest) == {
        "default": ("income-default-0-log-income", "income-default-1-tail"),
        "shadow": ("income-shadow-0-income",),
    }


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        [],
        "text",
        {"metadata": [], "spec": 3},
        {"spec": {"predictors": "x"}},
        {"spec": {"predictors": [1, {"graph": [], "traffic": "1", "componentSpecs": [1, {"spec": 3}]}]}},
        {"spec": {"predictors": [{"name": [], "graph": {"name": {}, "children": [[]], "logger": "all"}}]}},
    ],
)
def test_a_malformed_manifest_is_read_without_a_traceback(manifest: object) -> None:
    from releasectl.webhook import beyond, violations

    assert all(isinstance(each, Violation) for each in violations(manifest) + beyond(manifest))
    take_apart(manifest)
    names.deployment_names(manifest)
