"""Numbers of a comparison as a reviewer reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from releasectl.compare.values import Estimate
from releasectl.model import Missing

SHOW: Mapping[str, Callable[[float], str]] = {
    "share": lambda value: f"{100 * value:.2f} %",
    "points": lambda value: f"{100 * value:+.2f} pp",
    "distance": lambda value: f"{value:.3f}",
    "ratio": lambda value: f"{value:.2f}x",
    "seconds": lambda value: f"{1000 * value:.1f} ms",
}


def show(value: float | Missing, unit: str) -> str:
    """A number in its unit, which is a key of `SHOW`."""
    return "unknown" if isinstance(value, Missing) else SHOW[unit](value)


def interval(measured: Estimate | Missing, unit: str) -> str:
    """A number with the ends of its interval, in its unit."""
    if isinstance(measured, Missing):
        return "unknown"
    return f"{show(measured.value, unit)} ({show(measured.low, unit)} to {show(measured.high, unit)})"


def count(number: int, noun: str) -> str:
    """A number and its noun, in the plural if need be."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
