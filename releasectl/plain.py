"""Any value of the flow as plain JSON: the one shape in which reports and records tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum

from releasectl.model import Json, Missing, Place, Source


def plain(value: object) -> Json:
    """Dataclasses by field, a Missing as {"missing": reason}, times in ISO 8601; a Source is its file."""
    if isinstance(value, Missing):
        return {"missing": value.reason}
    if isinstance(value, Place):
        return str(value)
    if isinstance(value, Source):
        return value.file
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value
