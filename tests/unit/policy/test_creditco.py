"""CreditCo's three models, with the evidence they really have and the policies of this repository."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from releasectl import lock as locks
from releasectl.cases import Circumstances
from releasectl.judge import assess
from releasectl.model import Strategy
from releasectl.policy import Finding, Stage, Strictness
from releasectl.render import render
from releasectl.repo import ENGINE
from tests.builder import build, with_our_pipelines
from tests.policy_cases import MODELS, NOW, lock_of, model

ONE, TWO, THREE = (model(name) for name in MODELS)


def findings(root: Path, environment: str, commit: str, *before: Stage, extra: str = "") -> list[Finding]:
    mini = build(root)
    with_our_pipelines(mini)
    for name in ("staging", "production"):
        path = f"environments/{name}/policy.yaml"
        mini.write(path, (ENGINE / path).read_text(encoding="utf-8"))
        mini.release("income", name, commit, extra)
    for name in MODELS:
        mini.write(locks.path_of(model(name)), locks.dump(lock_of(name)))
    repository = mini.load()
    given = Circumstances(NOW, lambda release: (*before, Stage(NOW, release.model, release.strategy)))
    found = assess(repository, render(repository), given)
    assert found.faults == ()
    return [each for each in found.findings if each.environment == environment]


def denying(found: list[Finding]) -> set[str]:
    return {each.rule for each in found if each.strictness is Strictness.DENY}


def stage(days: float, commit: str, strategy: Strategy | None = None) -> Stage:
    return Stage(NOW - timedelta(days=days), commit, strategy or Strategy())


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_model_1_may_serve(tmp_path: Path, environment: str) -> None:
    found = findings(tmp_path, environment, ONE)
    assert denying(found) == set()
    assert {each.rule for each in found} == {"FAIR-002", "FAIR-003", "FAIR-004"}, "told, and not denied"


def test_model_2_is_stopped_by_many_independent_rules(tmp_path: Path) -> None:
    found = findings(tmp_path, "production", TWO, stage(30, ONE))
    assert denying(found) == {
        "DATA-001", "DATA-002", "DATA-003", "DUP-001", "FAIR-001", "FAIR-003", "FAIR-004", "FAIR-005",
        "LEAK-001", "PERF-001", "PERF-002", "ROLL-002", "SHAD-001", "SOAK-001", "XAI-001",
    }  # fmt: skip
    told = "\n".join(each.message for each in found)
    for number in ("0.075", "0.5885", "-0.2666", "0.04723", "gender, marital-status"):
        assert number in told


def test_model_2_is_stopped_where_nothing_served_before(tmp_path: Path) -> None:
    """What needs no champion is enough."""
    assert denying(findings(tmp_path, "production", TWO)) >= {
        "DATA-002", "DATA-003", "DUP-001", "FAIR-001", "FAIR-003", "FAIR-004", "FAIR-005", "LEAK-001",
        "PERF-002", "XAI-001",
    }  # fmt: skip


def test_model_2_does_not_get_into_staging_either(tmp_path: Path) -> None:
    assert denying(findings(tmp_path, "staging", TWO, stage(30, ONE))) == {"DATA-001", "FAIR-001", "LEAK-001"}


def test_the_revert_of_model_2_is_no_new_release(tmp_path: Path) -> None:
    assert denying(findings(tmp_path, "production", ONE, stage(30, ONE), stage(2, TWO))) == set()


def test_model_3_may_run_as_a_shadow(tmp_path: Path) -> None:
    extra = f"strategy: {{type: shadow, candidate: {THREE}}}\n"
    assert denying(findings(tmp_path, "production", ONE, stage(30, ONE), extra=extra)) == set()


def test_model_3_is_not_promoted_on_nothing(tmp_path: Path) -> None:
    shadow = Strategy("shadow", THREE, mirror=100)
    extra = f"strategy: {{type: canary, candidate: {THREE}}}\n"
    before = (stage(30, ONE), stage(2, ONE, shadow))
    assert denying(findings(tmp_path, "production", ONE, *before, extra=extra)) == {"SHAD-001", "SOAK-001"}
