"""Which releases, live or past, descend from a commit."""

from releasectl.impact.inquiry import impact
from releasectl.impact.values import Affected, Impact, Span, Unknown

__all__ = ["Affected", "Impact", "Span", "Unknown", "impact"]
