"""Cron expressions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from releasectl.sandbox.pachd.cron import CronError, parse

NOW = datetime(2024, 1, 31, 12, 30, 15, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("* * * * *", "2024-01-31T12:31:00"),
        ("*/15 * * * *", "2024-01-31T12:45:00"),
        ("0 * * * *", "2024-01-31T13:00:00"),
        ("30 12 * * *", "2024-02-01T12:30:00"),
        ("0 0 1 * *", "2024-02-01T00:00:00"),
        ("0 0 29 2 *", "2024-02-29T00:00:00"),
        ("0 9 * * mon-fri", "2024-02-01T09:00:00"),
        ("0 9 * * 0", "2024-02-04T09:00:00"),
        ("0 0 13 * fri", "2024-02-02T00:00:00"),  # either day will do when both are given
        ("5-10/5,50 12 31 JAN ?", "2024-01-31T12:50:00"),
        ("@hourly", "2024-01-31T13:00:00"),
        ("@every 90s", "2024-01-31T12:31:45"),
        ("@every 1h30m", "2024-01-31T14:00:15"),
        ("@yearly", "2025-01-01T00:00:00"),
    ],
)
def test_the_next_tick(spec: str, expected: str) -> None:
    assert parse(spec).next(NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("spec", ["@never", "0 0 30 2 *"])
def test_no_tick_ever(spec: str) -> None:
    assert parse(spec).next(NOW) is None


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* * * * 7",
        "a * * * *",
        "*/0 * * * *",
        "@sometimes",
        "@every soon",
        "5-1 * * * *",
    ],
)
def test_bad_expressions(spec: str) -> None:
    with pytest.raises(CronError):
        parse(spec)
