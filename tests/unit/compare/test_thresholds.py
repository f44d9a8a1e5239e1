"""Parameters of SHAD-001 out of a policy: all mistakes at once, each with its place and its cure."""

from __future__ import annotations

from typing import Any

import pytest

from releasectl.compare import Thresholds, read_thresholds
from releasectl.compare.thresholds import RANGES
from releasectl.errors import InvalidInput


def place(name: str) -> str:
    return f"environments/production/policy.yaml:7:{len(name)}"


def test_defaults_are_those_of_shad_001() -> None:
    found = read_thresholds({}, place)
    assert found == Thresholds()
    assert (found.agreement, found.psi, found.ks, found.p99_ratio, found.error_points) == (
        0.98,
        0.1,
        0.05,
        1.2,
        0.1,
    )


def test_every_parameter_can_be_set() -> None:
    given: dict[str, Any] = {name: high for name, (_, high) in RANGES.items()}
    given |= {"labels_decide": True, "required": ["psi"], "minimum_requests": None}
    found = read_thresholds(given, place)
    assert (found.agreement, found.labels_decide, found.required) == (1.0, True, ("psi",))
    assert found.minimum_requests is None


@pytest.mark.parametrize(
    ("name", "value", "what", "remedy"),
    [
        ("agrement", 0.9, "no parameter 'agrement'", "did you mean agreement?"),
        ("zzz", 0.9, "no parameter 'zzz'", "the parameters are agreement"),
        ("agreement", 98, "agreement is 98", "write a number from 0.8 to 1"),
        ("agreement", "0.98", "agreement is '0.98'", "write a number"),
        ("ks", float("nan"), "ks is nan", "write a number"),
        ("psi", True, "psi is True", "write a number"),
        ("psi_bins", 2.5, "psi_bins is 2.5", "write a whole number from 5 to 100"),
        ("labels_decide", "yes", "labels_decide is 'yes'", "write true or false"),
        ("required", ["latency"], "required names ['latency']", "list some of agreement"),
        ("required", "psi", "required names 'psi'", "list some of"),
        ("required", [], "required names no criterion", "list some of"),
    ],
)
def test_mistakes(name: str, value: Any, what: str, remedy: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_thresholds({name: value}, place)
    (problem,) = caught.value.problems
    assert problem.where == place(name)
    assert what in problem.what
    assert remedy in problem.remedy


def test_all_mistakes_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_thresholds({"psi": -1, "ks": 7, "power": None}, place)
    assert len(caught.value.problems) == 3
