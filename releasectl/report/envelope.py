"""The one JSON shape of every report: {"command": which one, "ok": ..., and what was found}."""

from __future__ import annotations

import json

from releasectl.plain import plain


def envelope(command: str, *, ok: bool, **found: object) -> str:
    """Values are told as `plain` tells them; commits are always whole."""
    return json.dumps({"command": command, "ok": ok, **plain(found)}, indent=2) + "\n"
