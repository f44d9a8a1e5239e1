"""A review small enough to travel between jobs: long texts are cut, then what matters least is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Final, TypeVar, cast

from releasectl.plain import plain
from releasectl.review.values import Drift, LeftOut, Review

MOST_TEXT: Final = 500
MOST_ITEMS: Final = 60
MOST_MANIFESTS: Final = 30_000
Value = TypeVar("Value")


def as_json(value: Review | Drift) -> str:
    """One line."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def fitted(whole: Review, most: int) -> Review:
    """At most `most` bytes as JSON; what is left out is counted."""
    found = _counted(whole, replace(cut(whole), manifests=cut(whole.manifests, MOST_MANIFESTS)))
    for shorten in _SHORTER:
        if len(as_json(found).encode()) <= most:
            break
        found = _counted(whole, shorten(found))
    return found


def _counted(whole: Review, found: Review) -> Review:
    lists = [field.name for field in fields(whole) if isinstance(getattr(whole, field.name), tuple)]
    counts = {name: len(getattr(whole, name)) - len(getattr(found, name)) for name in lists}
    left = tuple(LeftOut(name, count) for name, count in counts.items() if count > 0)
    return replace(found, left_out=left)


_SHORTER: Final[tuple[Callable[[Review], Review], ...]] = (
    lambda review: replace(review, manifests=""),
    lambda review: replace(review, live=(), files=review.files[:10]),
    lambda review: replace(
        review, releases=review.releases[:3], findings=review.findings[:10], standing=review.standing[:10]
    ),
    lambda review: replace(review, releases=(), approvals=review.approvals[:5], problems=review.problems[:5]),
    lambda review: replace(
        review,
        findings=review.findings[:3],
        standing=review.standing[:3],
        delta=review.delta[:3],
        notices=(),
        training=(),
    ),
)


def cut(value: Value, most: int = MOST_TEXT) -> Value:
    """Every text and list below `value` at most so long; surrogates, which no encoding has, are replaced."""
    if isinstance(value, str):
        text = value if len(value) <= most else f"{value[: most - 1]}…"
        return cast("Value", text.encode(errors="replace").decode())
    if isinstance(value, tuple):
        return cast("Value", tuple(cut(item) for item in value[:MOST_ITEMS]))
    if is_dataclass(value) and not isinstance(value, type):
        shorter = {field.name: cut(getattr(value, field.name)) for field in fields(value)}
        return cast("Value", type(value)(**shorter))
    return value
