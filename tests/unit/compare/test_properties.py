"""What holds for every log: a model is equal to itself, the order of a log has no part, sides swap."""

from __future__ import annotations

import json
import random as shuffling
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from releasectl.compare import Comparison, Context, Log, Verdict, compare, noise_floor
from releasectl.compare.thresholds import Thresholds
from releasectl.compare.values import Estimate, Finding
from releasectl.model import Missing
from releasectl.plain import plain
from releasectl.report.compare import FORMATS
from releasectl.requestlog import Side, read_side
from tests.unit.compare.build import CANDIDATE, CLASSES, READING, STABLE, call, context, response, side

score = st.none() | st.floats(0, 1, allow_nan=False) | st.sampled_from([0.0, 0.5, 1.0])
scores = st.lists(score, max_size=40)
strategies = st.sampled_from(["shadow", "canary", "abtest"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["inputs", "outputs", "name", "shape", "data", "parameters", "audit", "predict"]),
            inner,
        )
    ),
    max_leaves=12,
)
quickly = settings(deadline=None, max_examples=40)


def of(strategy: str, stable: Side, candidate: Side) -> Comparison:
    return compare(Log(stable, candidate), context(strategy))


@quickly
@given(strategies, scores)
def test_a_model_is_equal_to_itself(strategy: str, given_scores: list[float | None]) -> None:
    found = of(strategy, side(given_scores), side(given_scores, version=CANDIDATE))
    if any(score is not None for score in given_scores):
        assert not isinstance(found.psi, Missing)
        assert not isinstance(found.ks, Missing)
        assert (found.psi.estimate.value, found.ks.estimate.value) == (0, 0)
        if strategy == "shadow":
            assert isinstance(found.agreement, Estimate)
            assert found.agreement.value == 1
    assert found.verdict is not Verdict.STOP
    assert not any(each.finding is Finding.FAIL for each in found.criteria)


@quickly
@given(strategies, scores, scores, st.randoms(use_true_random=False))
def test_order_has_no_part(
    strategy: str, stable: list[float | None], candidate: list[float | None], random: shuffling.Random
) -> None:
    def shuffled(values: list[float | None], version: str) -> tuple[Side, Side]:
        calls = [
            call(
                f"r{number:04d}",
                [[float(number % 7)]],
                Missing("none") if value is None else response([int(value > 0.5)], [value], version),
                after=number,
                seconds=0.001 * (1 + number % 5),
                parameters={"audit": {"gender": ["Male" if number % 3 else "Female"]}},
            )
            for number, value in enumerate(values)
        ]
        other = list(calls)
        random.shuffle(other)
        return read_side(calls, READING), read_side(other, READING)

    one, other = shuffled(stable, STABLE), shuffled(candidate, CANDIDATE)
    assert of(strategy, one[0], other[0]) == of(strategy, one[1], other[1])
    renamed = replace(one[0], calls=tuple(reversed(one[0].calls)))
    if strategy != "shadow":
        assert of(strategy, renamed, other[0]) == of(strategy, one[0], other[0])


@quickly
@given(strategies, scores, scores)
def test_sides_swap(strategy: str, one: list[float | None], other: list[float | None]) -> None:
    there = of(strategy, side(one), side(other, version=CANDIDATE))
    back = of(strategy, side(other), side(one, version=CANDIDATE))
    assert plain(there.agreement) == plain(back.agreement)
    if not isinstance(there.flips, Missing) and not isinstance(back.flips, Missing):
        assert there.flips == tuple(zip(*back.flips, strict=True))
    if not isinstance(there.ks, Missing) and not isinstance(back.ks, Missing):
        assert abs(there.ks.estimate.value - back.ks.estimate.value) < 1e-12
        assert there.ks.p == back.ks.p
    if isinstance(there.error_difference, Estimate) and isinstance(back.error_difference, Estimate):
        assert abs(there.error_difference.value + back.error_difference.value) < 1e-12
    assert there.latency == tuple(reversed(back.latency))


@quickly
@given(strategies, scores, scores)
def test_every_value_is_within_its_interval(
    strategy: str, one: list[float | None], other: list[float | None]
) -> None:
    found = of(strategy, side(one), side(other, version=CANDIDATE))
    for criterion in found.criteria:
        if isinstance(criterion.measured, Estimate):
            assert criterion.measured.low <= criterion.measured.value <= criterion.measured.high
    assert found == of(strategy, side(one), side(other, version=CANDIDATE))


@quickly
@given(st.lists(st.tuples(anything, anything), max_size=6), st.lists(anything, max_size=6), strategies)
def test_no_log_is_too_strange(pairs: list[tuple[Any, Any]], replies: list[Any], strategy: str) -> None:
    """Whatever was logged, there is a comparison, and every report can tell it."""
    logged = [
        call(f"r{number}", request=request, response=answer, outlier=reply, drift=reply, seconds=-1.0)
        for number, ((request, answer), reply) in enumerate(zip(pairs, replies, strict=False))
    ]
    found = of(strategy, read_side(logged, READING), read_side([call("r0"), call("r1")], READING))
    for write in FORMATS.values():
        assert write("staging/income", found)
    json.loads(FORMATS["json"]("staging/income", found), parse_constant=no_constant)


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@quickly
@given(scores)
def test_the_noise_floor_knows_one_side_only(values: list[float | None]) -> None:
    floor = noise_floor(side(values), STABLE, Thresholds())
    found = compare(Log(side(values), Side()), Context("shadow", STABLE, CANDIDATE, CLASSES))
    assert found.noise == floor
    assert isinstance(floor.agreement, Missing)  # every request has a row of its own
