"""A comparison is no proof of itself: it is held to its trial, to the clock, and to the limits of policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from releasectl.errors import InvalidInput
from releasectl.yamltext import dump_yaml
from tests import policy_cases
from tests.attacks.conftest import V1, V3, Repo, rules_of

NAMES = ("agreement", "psi", "ks", "p99", "errors")
SIDE = {"requests": 0, "decisions": 0, "distinct": 0}


def written(
    repo: Repo, changes: Mapping[str, Any] | None = None, *, first: float = 13, last: float = 1
) -> str:
    """Days ago; of a trial that began 14 days ago, unless something else is said."""
    given = {"model": "v1", "first": first, "last": last, "changes": changes or {}}
    path = f"releases/comparisons/production/income/{V3}.yaml"
    repo.mini.write(path, dump_yaml(policy_cases.comparison(V3, given)))
    return path


@pytest.fixture
def tried(repo: Repo) -> Repo:
    """Model 3 is a shadow since the 10th; a pull request makes it a canary."""
    repo.lock("v3")
    repo.release(V1, extra=f"strategy: {{type: shadow, candidate: {V3}}}\n")
    repo.git("branch", "-f", "main", repo.commit("a shadow", "2026-11-10"))
    repo.release(V1, extra=f"strategy: {{type: canary, candidate: {V3}, traffic: 10}}\n")
    return repo


def judged(repo: Repo) -> set[str]:
    repo.commit("a canary", "2026-11-24")
    return rules_of(repo.judged())


@pytest.mark.usefixtures("apart")
def test_an_honest_comparison_is_believed(tried: Repo) -> None:
    written(tried)
    assert judged(tried) == set()


def nothing(*_: object) -> dict[str, Any]:
    return {f"/criteria/{name}/measured/n": 0 for name in NAMES} | {"/traffic/candidate": SIDE}


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        (nothing(), {}),
        ({"/traffic/candidate": SIDE}, {}),
        ({}, {"last": -1000}),
        ({}, {"first": -365, "last": -1000}),
        ({}, {"first": -1000, "last": 1}),
        ({"/strategy": "abtest"}, {}),
        ({"/criteria/agreement/measured/value": 0.2}, {}),
        ({"/thresholds/confidence": 0.8}, {}),
        ({"/thresholds/psi_bins": 5}, {}),
        ({"/model": policy_cases.model("v2")}, {}),
    ],
    ids=[
        "on nothing", "more evidence than requests", "until 2029", "all in the future", "backwards",
        "another strategy", "a value beyond its limit", "narrower intervals", "fewer bins", "another model",
    ],
)  # fmt: skip
def test_what_a_comparison_says_is_held_to_what_is_known(
    tried: Repo, changes: dict[str, Any], days: dict[str, float]
) -> None:
    written(tried, changes, **days)
    assert "SHAD-001" in judged(tried)


def test_a_shadow_of_last_month_is_not_followed_by_a_canary_at_once(repo: Repo) -> None:
    repo.lock("v3")
    repo.release(V1, extra=f"strategy: {{type: shadow, candidate: {V3}}}\n")
    repo.commit("a shadow", "2026-10-02")
    repo.release(V1)
    repo.git("branch", "-f", "main", repo.commit("broken off", "2026-10-10"))
    repo.release(V1, extra=f"strategy: {{type: canary, candidate: {V3}, traffic: 10}}\n")
    for first, last in ((53, 46), (-1, -1000)):
        written(repo, first=first, last=last)
        assert "SHAD-001" in judged(repo)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"/environment": "staging"}, "environment"),
        ({"/release": "credit"}, "release"),
        ({"/candidate": V1}, "candidate"),
        ({"/first": "2026-11-11T25:00:00Z"}, "first"),
        ({"/last": "2026-11-31T10:00:00Z"}, "last"),
        ({"/last": "2026-11-20 10:00:00"}, "last"),
    ],
)
def test_one_that_was_copied_or_has_no_times_is_no_input(
    tried: Repo, changes: dict[str, Any], key: str
) -> None:
    path = written(tried)
    record = policy_cases.patched(
        policy_cases.comparison(V3, {"model": "v1", "first": 13, "last": 1}), *next(iter(changes.items()))
    )
    tried.mini.write(path, dump_yaml(record))
    line = list(record).index(key) + 1
    with pytest.raises(InvalidInput) as caught:
        judged(tried)
    assert f"{path}:{line}:" in str(caught.value)


@pytest.mark.usefixtures("apart")
def test_a_criterion_that_is_given_twice_is_no_input(tried: Repo) -> None:
    path = written(tried)
    again = "  agreement: {finding: pass, reason: it is}\ndistributions:"
    tried.edit(path, "distributions:", again)
    with pytest.raises(InvalidInput, match="`agreement` is given twice"):
        judged(tried)


def test_nor_is_one_without_a_criterion(tried: Repo) -> None:
    written(tried, {"/criteria/errors": None})
    with pytest.raises(InvalidInput, match="needs the field `errors`"):
        judged(tried)
