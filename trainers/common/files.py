"""Files as the trainers write them: canonical, so that equal values are equal bytes."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from trainers.common.errors import InvalidData

DIGITS = 6  # more would be noise, and noise differs between machines


def rounded(value: Any, digits: int = DIGITS) -> Any:
    """`value` with every float rounded; a float that JSON cannot say becomes None."""
    if isinstance(value, dict):
        return {str(key): rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item, digits) for item in value]
    if hasattr(value, "item"):  # a numpy scalar
        return rounded(value.item(), digits)
    if isinstance(value, float):
        return round(value, digits) + 0.0 if math.isfinite(value) else None  # + 0.0 turns -0.0 into 0.0
    return value


def write_json(path: Path, value: Any, *, compact: bool = False) -> None:
    layout: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 2}
    text = json.dumps(rounded(value), ensure_ascii=False, allow_nan=False, **layout)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidData.at(f"{path}:1", str(error), "run the trainer that writes it again") from error


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
