"""JSON from another job -> a value, strictly: what does not fit is refused, whatever wrote it."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from releasectl.errors import InvalidInput

MOST_BYTES = 120_000  # less than Linux lets one environment variable hold
Value = TypeVar("Value")


def read(kind: type[Value], content: str, where: str) -> Value:
    """Every field, no other field, each of its type."""
    if len(content.encode()) > MOST_BYTES:
        raise InvalidInput.at(
            where, f"{len(content)} characters, too long", "see what the job before it wrote"
        )
    try:
        value: Value = _as(kind, json.loads(content))
    except (ValueError, RecursionError) as error:
        raise InvalidInput.at(where, f"is no {kind.__name__}: {error}", "see the job before it") from None
    return value


def _as(kind: Any, data: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        names = [field.name for field in fields(kind)]
        if not isinstance(data, dict) or sorted(data) != sorted(names):
            raise ValueError(f"wants an object with {', '.join(names)}")
        return kind(**{name: _as(hints[name], data[name]) for name in names})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        if not isinstance(data, list):
            raise ValueError("wants a list")
        if arguments[-1] is Ellipsis:
            return tuple(_as(arguments[0], item) for item in data)
        if len(data) != len(arguments):
            raise ValueError(f"wants {len(arguments)} items")
        return tuple(_as(each, item) for each, item in zip(arguments, data, strict=True))
    if origin in (Union, UnionType):
        return None if data is None and NoneType in arguments else _as(arguments[0], data)
    if kind is float and type(data) is int:
        return float(data)
    if type(data) is not kind:
        raise ValueError(f"wants {kind.__name__}, not {type(data).__name__}")
    return data
