"""Cron expressions as robfig's standard parser reads them: five fields, @daily and such, @every, @never."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MONTHS = dict(
    zip(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        range(1, 13),
        strict=True,
    )
)
DAYS = dict(zip(["sun", "mon", "tue", "wed", "thu", "fri", "sat"], range(7), strict=True))
FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, MONTHS),
    ("day of week", 0, 6, DAYS),
)
DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
HORIZON = timedelta(days=366 * 5)


class CronError(ValueError):
    """The expression cannot be parsed; the text says why."""


@dataclass(frozen=True)
class Schedule:
    """When to tick: at a fixed distance, or at every minute that all fields allow, or never."""

    every: timedelta | None = None
    fields: tuple[frozenset[int], ...] = ()
    any_day: tuple[bool, bool] = (True, True)  # whether day of month, day of week are unrestricted

    def next(self, after: datetime) -> datetime | None:
        """The first tick strictly after `after`."""
        if self.every is not None:
            return (after + self.every).replace(microsecond=0)
        if not self.fields:
            return None
        minutes, hours, _, months, _ = self.fields
        at = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
        while at < after + HORIZON:
            if at.month not in months or not self._day(at):
                at = at.replace(hour=0, minute=0) + timedelta(days=1)
            elif at.hour not in hours:
                at = at.replace(minute=0) + timedelta(hours=1)
            elif at.minute not in minutes:
                at += timedelta(minutes=1)
            else:
                return at
        return None

    def _day(self, at: datetime) -> bool:
        of_month = at.day in self.fields[2]
        of_week = (at.weekday() + 1) % 7 in self.fields[4]
        return (of_month and of_week) if any(self.any_day) else (of_month or of_week)


def parse(text: str) -> Schedule:
    spec = text.strip()
    if spec == "@never":
        return Schedule()
    if spec.startswith("@every "):
        return Schedule(every=max(timedelta(seconds=1), _duration(spec.removeprefix("@every ").strip())))
    if spec.startswith("@"):
        if spec not in DESCRIPTORS:
            raise CronError(f"unrecognized descriptor: {spec}")
        spec = DESCRIPTORS[spec]
    words = spec.split()
    if len(words) != len(FIELDS):
        raise CronError(f"expected exactly 5 fields, found {len(words)}: [{text}]")
    return Schedule(
        fields=tuple(_field(word, *field) for word, field in zip(words, FIELDS, strict=True)),
        any_day=(words[2][0] in "*?", words[4][0] in "*?"),
    )


def _duration(text: str) -> timedelta:
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise CronError(f"failed to parse duration {text!r}")
    return timedelta(seconds=sum(float(number) * UNITS[unit] for number, unit in parts))


def _field(word: str, name: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    values: set[int] = set()
    for part in word.split(","):
        span, _, step = part.partition("/")
        if step and not step.isdecimal():
            raise CronError(f"step {step!r} of the {name} is not a number")
        if span in ("*", "?"):
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = _number(start, name, names)
            last = _number(end, name, names) if dash else (high if step else first)
        if not low <= first <= last <= high or step == "0":
            raise CronError(f"{name} {part!r} is outside of {low}-{high}")
        values.update(range(first, last + 1, int(step or 1)))
    return frozenset(values)


def _number(word: str, name: str, names: dict[str, int]) -> int:
    if word.lower() in names:
        return names[word.lower()]
    if not word.isdecimal():
        raise CronError(f"failed to parse {name} {word!r}")
    return int(word)


def moment(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / 1e9, UTC)
