"""What Seldon's admission webhook refuses, and what it lets through and should not: pure rules."""

from __future__ import annotations

from releasectl.webhook.beyond import BEYOND, beyond, faults
from releasectl.webhook.manifest import Manifest, Violation, take_apart
from releasectl.webhook.resource_rules import limits
from releasectl.webhook.rules import RULES, violations

__all__ = [
    "BEYOND",
    "RULES",
    "Manifest",
    "Violation",
    "beyond",
    "faults",
    "limits",
    "take_apart",
    "violations",
]
