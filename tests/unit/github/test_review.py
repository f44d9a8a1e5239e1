"""A review travels as data, is cut to size, and is told in Markdown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from releasectl.errors import InvalidInput
from releasectl.report.drift import as_markdown as drift_as_markdown
from releasectl.report.review import LIMIT, MOST_ROWS, as_markdown
from releasectl.review.fit import as_json, cut, fitted
from releasectl.review.reading import MOST_BYTES, read
from releasectl.review.values import Drift, Judged, Review, Told, Watched
from tests.golden_files import assert_golden
from tests.unit.github.reviews import REVIEW

GOLDEN = Path(__file__).parents[2] / "golden" / "github"
HUGE = "x" * 1_000_000


def test_as_a_comment() -> None:
    assert_golden(GOLDEN / "review.md", as_markdown(REVIEW))


def test_nothing_changes() -> None:
    nothing = replace(
        REVIEW, denied=False, releases=(), training=(), files=(), problems=(), findings=(), standing=(),
        delta=(), approvals=(), live=(), manifests="", notices=(),
        revert=replace(REVIEW.revert, verdict="not needed", words=("no release changes",)),
    )  # fmt: skip
    assert_golden(GOLDEN / "review-nothing.md", as_markdown(nothing))


def test_travels_as_it_is() -> None:
    assert read(Review, as_json(REVIEW), "REVIEW") == REVIEW


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("denied"),
        lambda data: data.update(denied="no"),
        lambda data: data.update(more=1),
        lambda data: data.update(files="all"),
        lambda data: data["releases"][0].update(calibration=[[0.1]]),
        lambda data: data["releases"][0]["metrics"][0].update(new="much"),
        lambda data: data.update(revert=None),
    ],
)
def test_what_does_not_fit_is_refused(change) -> None:
    data = json.loads(as_json(REVIEW))
    change(data)
    with pytest.raises(InvalidInput):
        read(Review, json.dumps(data), "REVIEW")


@pytest.mark.parametrize("content", ["", "[]", "{", "null", "[" * 100_000, '{"base": 1}', HUGE])
def test_what_is_no_review_is_refused(content: str) -> None:
    with pytest.raises(InvalidInput):
        read(Review, content, "REVIEW")


@pytest.mark.parametrize(
    "change",
    [
        {"manifests": HUGE},
        {"manifests": "€" * 1_000_000},
        {"files": tuple(f"releases/{number}/{HUGE[:5000]}" for number in range(2000))},
        {"problems": (Told(HUGE, HUGE, HUGE),) * 500},
        {"findings": (Judged(*["€" * 10_000] * 8),) * 500},
        {"releases": REVIEW.releases * 500, "findings": (Judged(*["`|<" * 10_000] * 8),) * 500},
    ],
)
def test_whatever_comes_it_fits(change) -> None:
    data = as_json(fitted(replace(REVIEW, **change), MOST_BYTES))
    assert len(data.encode()) <= MOST_BYTES
    body = as_markdown(read(Review, data, "REVIEW"))
    assert len(body.encode()) <= LIMIT
    assert "must not be merged" in body


def test_surrogates_are_replaced() -> None:
    assert cut("a\udce9b") == "a?b"


def test_drift() -> None:
    found = Drift(
        "c" * 40,
        (
            Watched("plan staging", "clean", ()),
            Watched("plan production", "drift", ("update SeldonDeployment x/income", "<b>@all</b>")),
            Watched("policy and waivers", "soon", ("a waiver expires on 2026-12-01",)),
            Watched("verify production", "unknown", ("no answer",)),
        ),
    )
    assert not found.clean
    assert_golden(GOLDEN / "drift.md", drift_as_markdown(found, "https://example.org/run/1"))
    assert Drift("c" * 40, found.seen[:1]).clean


@pytest.mark.parametrize(
    "change", [{}, {"releases": REVIEW.releases * 500, "findings": (Judged(*["`|<" * 10_000] * 8),) * 500}]
)
def test_what_is_cut_is_counted_and_the_worst_is_kept(change: dict[str, Any]) -> None:
    """The delta comes with the worst first; what pads a pull request pushes it out of no report."""
    delta = (
        Told("policies/revoked.py", "removes the rule REVO-001", "no"),
        *(Told("x", "y" * 600, "z"),) * 99,
    )
    whole = replace(REVIEW, delta=delta, files=tuple(map(str, range(300))), **change)
    found = fitted(whole, MOST_BYTES)
    assert all(found.whole(each.what) == len(getattr(whole, each.what)) for each in found.left_out)
    assert {"delta", "files"} <= {each.what for each in found.left_out}
    body = as_markdown(read(Review, as_json(found), "REVIEW"))
    assert "removes the rule REVO-001" in body
    shown = min(len(found.delta), MOST_ROWS)
    assert f"What this changes about the judge: 100, the first {shown} are shown" in body
    assert "300 files" in body
