"""How model `a` came: what served before it, and the trial that led to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from releasectl.arrival import arrival
from releasectl.model import Strategy
from releasectl.policy import Stage

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHADOW, CANARY = Strategy("shadow", candidate="a", mirror=100), Strategy("canary", candidate="a", traffic=10)
# What is tried beside model x, or y; a small letter is a model alone.
TRIALS = {"S": ("x", SHADOW), "C": ("x", CANARY), "T": ("y", SHADOW), "D": ("y", CANARY)}


def timeline(states: str) -> list[Stage]:
    """One stage per hour."""
    return [
        Stage(START + timedelta(hours=hour), *TRIALS.get(state, (state, Strategy())))
        for hour, state in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("states", "before", "trial"),
    [
        ("a", "", []),
        ("xa", "x", []),
        ("xyxa", "xy", []),
        ("xSCa", "x", [1, 2]),
        ("xSC", "x", [1, 2]),
        ("xSxa", "x", []),  # broken off
        ("xSxC", "x", [3]),
        ("xSCxya", "yx", []),
        ("xSTa", "yx", [2]),  # the model beside it is another one since
        ("xSDa", "yx", [2]),
        ("xSyTDa", "yx", [3, 4]),
        ("xaxSCa", "x", [3, 4]),  # once at once, then properly
        ("xSCaC", "x", [1, 2, 4]),  # the revert of its promotion
        ("xSCaCa", "x", [1, 2, 4]),
        ("xSCaxa", "x", [1, 2]),  # back after a rollback
        ("xSCaya", "x", [1, 2]),
        ("xaya", "x", []),
        ("axa", "", []),  # the first, back
        ("axSa", "", []),
    ],
)
def test_what_counts(states: str, before: str, trial: list[int]) -> None:
    stages = timeline(states)
    found = arrival(stages, "a")
    assert "".join(found.before) == before
    assert found.trial == tuple(stages[index] for index in trial)
