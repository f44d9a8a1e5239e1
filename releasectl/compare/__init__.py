"""Evidence of a candidate: the logged calls of both sides -> a `Comparison` with a verdict. Pure."""

from releasectl.compare.noise import noise_floor
from releasectl.compare.run import compare
from releasectl.compare.thresholds import Thresholds, read_thresholds
from releasectl.compare.values import Comparison, Context, Log, Verdict

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
