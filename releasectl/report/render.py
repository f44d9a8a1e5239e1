"""What was generated, as people and machines read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from releasectl.report.envelope import envelope


def as_text(root: Path, count: int, changed: Sequence[str], checked: bool) -> str:
    if checked:
        return f"{count} generated files are current\n"
    lines = [f"{'wrote' if (root / path).exists() else 'removed'} {path}\n" for path in changed]
    return "".join(lines) + f"{count} generated files, {len(changed)} changed\n"


def as_json(root: Path, count: int, changed: Sequence[str], _: bool) -> str:
    wrote = [path for path in changed if (root / path).exists()]
    removed = [path for path in changed if path not in wrote]
    return envelope("render", ok=True, files=count, wrote=wrote, removed=removed)


FORMATS: dict[str, Callable[[Path, int, Sequence[str], bool], str]] = {"text": as_text, "json": as_json}
