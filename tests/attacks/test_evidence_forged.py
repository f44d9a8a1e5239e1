"""Evidence from which what speaks against a model was taken out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.attacks.conftest import V1, V3, Repo, rules_of

Forge = Callable[[dict[str, Any]], object]


def one_feature(evidence: dict[str, Any]) -> None:
    features = evidence["profile"]["features"]
    evidence["profile"]["features"] = {"age": features["age"]}


def no_gaps(evidence: dict[str, Any]) -> None:
    for trait in evidence["groups"]["traits"].values():
        for found in trait["gaps"].values():
            found["gap"] = 0.0


def everybody(evidence: dict[str, Any]) -> None:
    """Consistent in itself, had there not been groups before."""
    trait = evidence["groups"]["traits"]["race"]
    black, white = trait["groups"].pop("Black"), trait["groups"]["White"]
    for count in ("rows", "positives", "selected", "selected_positives"):
        white[count] += black[count]


@pytest.mark.parametrize(
    ("forge", "rule"), [(one_feature, "EVID-001"), (no_gaps, "EVID-001"), (everybody, "FAIR-006")]
)
def test_what_the_evidence_leaves_out_is_no_pass(repo: Repo, forge: Forge, rule: str) -> None:
    repo.lock("v3", lambda document: forge(document["evidence"]))
    repo.release(V1, extra=f"strategy: {{type: shadow, candidate: {V3}}}\n")
    repo.commit("a trial")
    assert rule in rules_of(repo.judged())


@pytest.mark.usefixtures("apart")
def test_a_lock_of_a_repository_of_ones_own_is_refused(repo: Repo) -> None:
    def mine(document: dict[str, Any]) -> None:
        document["repo"], document["path"], document["files"] = "eve_models", "/other", document["files"][:1]
        document["lineage"] = [each for each in document["lineage"] if "pipeline" not in each]

    repo.lock("v3", mine)
    repo.release(V1, extra=f"strategy: {{type: shadow, candidate: {V3}}}\n")
    repo.commit("a trial")
    assert {"LOCK-001", "ORIG-001"} <= rules_of(repo.judged())
