"""Replayed traffic as people and machines read it."""

from __future__ import annotations

from collections.abc import Callable

from releasectl.report.envelope import envelope
from releasectl.traffic import Traffic, quantiles


def as_text(found: Traffic) -> str:
    latency = ", ".join(f"{name} {value:.1f} ms" for name, value in quantiles(found))
    rows = f"rows from {found.first + 1:,} of {found.rows:,} in {found.source}"
    lines = [f"{found.deployment}: {len(found.seconds):,} requests, {rows}", f"  {latency}"]
    lines += [f"  {count:>7,} answered by {commit}" for commit, count in sorted(found.answered_by.items())]
    lines += [f"  {count:>7,} failed: {reason}" for reason, count in sorted(found.failed.items())]
    if not found.failed:
        lines.append("        0 failed")
    if found.asked_again:
        lines.append(
            f"  {found.asked_again:>7,} asked again in the form of the model that had come meanwhile"
        )
    return "\n".join(lines) + "\n"


def as_json(found: Traffic) -> str:
    return envelope(
        "traffic",
        ok=not found.failed,
        deployment=found.deployment,
        source=found.source,
        first=found.first,
        rows=found.rows,
        requests=len(found.seconds),
        milliseconds=dict(quantiles(found)),
        answered_by=dict(found.answered_by),
        failed=dict(found.failed),
        asked_again=found.asked_again,
    )


FORMATS: dict[str, Callable[[Traffic], str]] = {"text": as_text, "json": as_json}
