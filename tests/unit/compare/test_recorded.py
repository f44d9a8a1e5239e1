"""What `compare --record` writes: a file that is read again, and says the same to whoever judges it anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from releasectl.compare import Comparison, Context, Log, Thresholds, compare
from releasectl.compare.recorded import judged
from releasectl.compare.values import Estimate, NoiseFloor
from releasectl.comparisonfile import dump, path_of
from releasectl.errors import InvalidInput
from releasectl.model import Json, Missing, Source
from releasectl.reading import validated
from releasectl.requestlog import Side
from releasectl.schema import schema
from tests.builder import build
from tests.unit.compare.build import CANDIDATE, CLASSES, context, finding, flipped, log, scores, side

SCHEMA = "releases/comparison.schema.json"
UNKNOWN = Missing("not measured")
ITSELF = NoiseFloor(Estimate(0.95, 0.93, 0.97, 3000), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)


@cache
def values() -> list[float]:
    return scores(3200)


@cache
def disagreeing() -> Log:
    people = [
        {"gender": "Female" if number % 3 else "Male", "income": CLASSES[int(value >= 0.5)]}
        for number, value in enumerate(values())
    ]
    return log(flipped(values(), 20), values(), audit=people)


CASES: Final[Mapping[str, Callable[[], tuple[Log, Context]]]] = {
    "a twin": lambda: (log(values(), values()), context()),
    "a canary": lambda: (
        Log(side(values()), side(scores(300, seed=2), version=CANDIDATE, prefix="c")),
        context("canary"),
    ),
    "stopped": lambda: (disagreeing(), context()),
    "known outcomes decide": lambda: (disagreeing(), context(labels_decide=True)),
    "within noise": lambda: (log(flipped(values(), 20), values()), replace(context(), noise=ITSELF)),
    "classes, by a number": lambda: (log(values(), values(), proba=False), context(minimum_requests=200)),
    "few": lambda: (log(values()[:50], values()[:50]), context()),
}


@cache
def given(case: str) -> tuple[Context, Comparison]:
    logged, about = CASES[case]()
    return about, compare(logged, about)


def recorded(about: Context, found: Comparison, folder: Path) -> Json:
    release = build(folder).load().releases[0]
    text = dump(release, about.thresholds, found)
    read = validated("comparison.yaml", text.encode(), SCHEMA)
    assert isinstance(read, Source), read
    return read.data


@pytest.mark.parametrize("case", CASES)
def test_it_says_the_same_again(case: str, tmp_path: Path) -> None:
    about, found = given(case)
    anew = judged(recorded(about, found, tmp_path), about.thresholds, len(CLASSES))
    assert {name: (each.finding, each.reason, each.n, each.minimum) for name, each in anew.items()} == {
        each.name: (each.finding, each.reason, each.n, each.minimum) for each in found.criteria
    }


def test_the_cases_differ() -> None:
    """Each kind of criterion is among them, and each way in which agreement passes."""
    found = {case: given(case)[1] for case in CASES}
    names = {each.name for comparison in found.values() for each in comparison.criteria}
    assert names == {"agreement", "psi", "ks", "p99", "errors", "accuracy", "groups:gender"}
    assert str(finding(found["stopped"], "agreement").finding) == "fail"
    assert "outvote" in finding(found["known outcomes decide"], "agreement").reason
    assert "within noise" in finding(found["within noise"], "agreement").reason


def test_other_limits_say_something_else(tmp_path: Path) -> None:
    record = recorded(*given("classes, by a number"), tmp_path)
    assert str(judged(record, Thresholds(minimum_requests=200), 2)["errors"].finding) == "pass"
    assert str(judged(record, Thresholds(minimum_requests=4000), 2)["errors"].finding) == "undecided"


def test_the_schema_has_every_parameter() -> None:
    known = [each.name for each in fields(Thresholds)]
    assert schema(SCHEMA)["$defs"]["thresholds"]["required"] == known


def test_nothing_is_recorded_before_there_is_a_request(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nothing to record"):
        recorded(context(), compare(Log(Side(), Side()), context()), tmp_path)


def test_each_strategy_has_a_record_of_its_own_and_an_old_name_is_kept(tmp_path: Path) -> None:
    mini = build(tmp_path)
    release = mini.load().releases_in("staging")[0]
    folder = f"releases/comparisons/staging/{release.name}"
    shadow, canary = given("a twin")[1], given("a canary")[1]
    for found in (shadow, canary):
        name = f"{folder}/{CANDIDATE}.{found.strategy}.yaml"
        assert path_of(mini.load(), release, found) == name
        mini.write(name, dump(release, context().thresholds, found))
        assert path_of(mini.load(), release, found) == name
    records = mini.load().comparisons[f"staging/{release.name}"][CANDIDATE]
    assert {strategy: each.data["strategy"] for strategy, each in records.items()} == {
        "shadow": "shadow", "canary": "canary",
    }  # fmt: skip
    old = f"{folder}/{CANDIDATE}.yaml"
    (tmp_path / records["shadow"].file).rename(tmp_path / old)
    assert path_of(mini.load(), release, shadow) == old
