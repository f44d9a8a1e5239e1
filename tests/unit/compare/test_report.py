"""The reports of a shadow, a canary and an empty log, as files to read; and what a report must not do."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import click
import numpy as np
import pytest

from releasectl.compare import Comparison, Log, compare
from releasectl.compare.words import interval
from releasectl.model import Missing
from releasectl.report.compare import FORMATS, as_markdown, as_text
from releasectl.requestlog import Side, read_side
from tests.golden_files import assert_golden
from tests.unit.compare.build import CANDIDATE, CLASSES, READING, call, context, log, response, scores, side

GOLDEN = Path(__file__).parents[2] / "golden" / "compare"
SUFFIX = {"text": "txt", "json": "json", "markdown": "md"}


@cache
def shadow() -> Comparison:
    random = np.random.default_rng(7)
    stable = [float(each) for each in random.beta(0.6, 2, 3500)]
    candidate = [float(min(1, max(0, each + random.normal(0, 0.004)))) for each in stable]
    audit = [
        {"gender": "Female" if number % 3 == 0 else "Male", "income": CLASSES[int(value > 0.45)]}
        for number, value in enumerate(stable)
    ]
    times = tuple(float(each) for each in random.lognormal(-5.5, 0.3, 997))
    return compare(log(stable, candidate, audit=audit, seconds=times), context())


@cache
def canary() -> Comparison:
    random = np.random.default_rng(8)
    stable = side([float(each) for each in random.beta(0.6, 2, 1800)])
    candidate = side(
        [None if number % 50 == 0 else float(each) for number, each in enumerate(random.beta(0.7, 2, 200))],
        version=CANDIDATE,
        prefix="c",
    )
    return compare(Log(stable, candidate), context("canary"))


def empty() -> Comparison:
    return compare(Log(Side(), Side()), context())


CASES = {"shadow": shadow, "canary": canary, "empty": empty}


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    found = CASES[case]()
    for name, write in FORMATS.items():
        told = click.unstyle(write("production/income", found))
        assert_golden(GOLDEN / f"{case}.{SUFFIX[name]}", told)


def test_json_is_for_programs() -> None:
    told = json.loads(FORMATS["json"]("production/income", shadow()))
    assert told["command"] == "compare"
    assert told["ok"] is (told["verdict"] == "promote")
    assert told["criteria"][0]["measured"]["n"] == 3500
    assert json.loads(FORMATS["json"]("x", empty()))["agreement"] == {
        "missing": "no pair has been answered yet"
    }


@pytest.mark.parametrize("columns", [80, 120])
def test_the_verdict_and_the_criteria_are_enough_for_most(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    told = click.unstyle(as_text("production/income", shadow(), whole=False)).splitlines()
    whole = click.unstyle(as_text("production/income", shadow())).splitlines()
    assert max(len(line) for line in (*told, *whole)) <= columns
    words = " ".join(" ".join(whole).split())
    for criterion in shadow().criteria:
        assert criterion.title in words
        assert not isinstance(criterion.measured, Missing)
        assert interval(criterion.measured, criterion.unit) in words
    assert "criteria" in told
    assert "groups" not in told
    assert "groups" in whole
    assert told[-1] == "--all shows traffic, flips, groups, noise floor too"


def test_small_groups_are_one_row() -> None:
    values = scores(300)
    audit = [{"country": f"country {number if number < 40 else 'of most'}"} for number in range(300)]
    found = compare(log(values, values, audit=audit), context())
    told = [line for line in as_markdown("production/income", found).splitlines() if "country" in line]
    assert len(told) == 2
    assert "country: 40 of fewer than 30 decisions | 40 |" in told[1]


def test_names_out_of_a_log_are_no_markup() -> None:
    nasty = "@team <img src=x>|[x](http://x) **b** `c`"
    calls = [
        call(
            f"r{n}",
            [[float(n)]],
            response([0], [0.1], version),
            parameters={"audit": {nasty: [f"{nasty}{n % 2}"]}},
        )
        for n, version in enumerate([CANDIDATE] * 4)
    ]
    both = read_side(calls, READING)
    told = as_markdown("production/income", compare(Log(both, both), context()))
    for mark in ("@team", "<img", "[x](", "**b**", "`c`", "src=x>|"):
        assert mark not in told.replace("Verdict: **wait**", "")
    assert all(line.startswith("| ") for line in told.splitlines() if line.startswith("|"))
