"""Groups of the audit columns: a change that falls on one of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releasectl.compare import Log, compare
from releasectl.compare.values import Estimate, Finding
from tests.unit.compare.build import context, finding, log, scores


def groups_log(strategy: str) -> Log:
    """The candidate selects one woman in ten whom the model does not."""
    values = [min(value, 0.45) for value in scores(4000)]
    audit = [{"gender": "Female" if number % 2 else "Male", "race": "one"} for number in range(4000)]
    lifted = [0.55 if number % 20 == 1 else value for number, value in enumerate(values)]
    found = log(values, lifted, audit=audit)
    if strategy == "shadow":
        return found
    calls = tuple(replace(each, key=f"c{each.key}") for each in found.candidate.calls)
    return Log(found.stable, replace(found.candidate, calls=calls))


@pytest.mark.parametrize("strategy", ["shadow", "canary"])
def test_a_change_that_falls_on_one_group_stops(strategy: str) -> None:
    found = compare(groups_log(strategy), context(strategy, agreement=0.9, ks=0.5, psi=1.0))
    judged = finding(found, "groups:gender")
    assert judged.finding is Finding.FAIL
    assert judged.title == "selection by gender: Female against Male"
    assert isinstance(judged.measured, Estimate)
    assert judged.measured.value == pytest.approx(0.1)
    assert [each.name for each in found.criteria if each.finding is Finding.FAIL] == ["groups:gender"]
    women = next(each for each in found.groups if each.value == "Female")
    if strategy == "shadow":
        assert women.flips == ((1800, 200), (0, 0))
        assert isinstance(women.agreement, Estimate)
        assert women.agreement.value == 0.9
    else:
        assert women.flips == ()
    assert (women.selected_stable, women.selected_candidate) == (0.0, 0.1)
    assert {each.column for each in found.groups} == {"gender", "race"}


def test_small_groups_are_shown_and_not_judged() -> None:
    values = scores(200)
    audit = [{"gender": "Female" if number < 20 else "Male"} for number in range(200)]
    found = compare(log(values, values, audit=audit), context())
    assert [(each.value, each.n_stable) for each in found.groups] == [("Female", 20), ("Male", 180)]
    assert not any(each.name.startswith("groups") for each in found.criteria)


def test_a_measure_is_no_trait() -> None:
    values = scores(60)
    audit = [{"age": str(20 + number), "race": ""} for number in range(60)]
    found = compare(log(values, values, audit=audit), context())
    assert found.groups == ()
    assert [each for each in found.notes if "groups" in each] == [
        "age has more than 50 values: not taken for groups"
    ]
