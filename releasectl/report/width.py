"""How wide a text may be, with rich and without."""

from __future__ import annotations

import shutil

NARROWEST, WIDEST = 80, 120


def width() -> int:
    """As wide as the terminal, within reason."""
    return max(NARROWEST, min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST))
