"""Evidence of a candidate: the logged calls of both sides -> a `Comparison` with a verdict. Pure."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from releasectl.compare.noise import noise_floor
    from releasectl.compare.run import compare
    from releasectl.compare.samples import Log
    from releasectl.compare.thresholds import Thresholds, read_thresholds
    from releasectl.compare.values import Comparison, Context, Verdict

# Loaded at their first use: the rule SHAD-001 takes the limits alone, at each start of `check`.
_HOMES = {
    "Comparison": "values",
    "Context": "values",
    "Log": "samples",
    "Thresholds": "thresholds",
    "Verdict": "values",
    "compare": "run",
    "noise_floor": "noise",
    "read_thresholds": "thresholds",
}

__all__ = [
    "Comparison",
    "Context",
    "Log",
    "Thresholds",
    "Verdict",
    "compare",
    "noise_floor",
    "read_thresholds",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
