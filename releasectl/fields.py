"""The difference of two JSON values, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from releasectl.model import Json, Missing

ABSENT = Missing("absent")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: `path` as in spec.predictors[default].replicas; an absent side is ABSENT."""

    path: str
    old: Json | Missing
    new: Json | Missing


def diff(old: Json | Missing, new: Json | Missing, path: str = "") -> tuple[FieldChange, ...]:
    """Every leaf that differs, in the order of the path."""
    return tuple(_walk(old, new, path))


def _walk(old: Json | Missing, new: Json | Missing, path: str) -> Iterator[FieldChange]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            below = f"{path}.{key}" if path else str(key)
            yield from _walk(old.get(key, ABSENT), new.get(key, ABSENT), below)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _walk_lists(old, new, path)
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield FieldChange(path, old, new)


def _walk_lists(old: Sequence[Json], new: Sequence[Json], path: str) -> Iterator[FieldChange]:
    """Members that have a name are matched by it, as Kubernetes does; others by their position."""
    left, right = _by_name(old), _by_name(new)
    if left is None or right is None:
        left, right = dict(enumerate(old)), dict(enumerate(new))
    elif [key for key in left if key in right] != [key for key in right if key in left]:
        yield FieldChange(f"{path} (order)", list(left), list(right))
    for key in [*left, *(key for key in right if key not in left)]:
        yield from _walk(left.get(key, ABSENT), right.get(key, ABSENT), f"{path}[{key}]")


def _by_name(items: Sequence[Json]) -> dict[str | int, Json] | None:
    named: dict[str | int, Json] = {}
    for item in items:
        name = item.get("name") if isinstance(item, Mapping) else None
        if not isinstance(name, str) or name in named:
            return None
        named[name] = item
    return named
