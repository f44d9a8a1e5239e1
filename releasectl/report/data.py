"""Datasets as people and machines read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

from releasectl.compare.words import count
from releasectl.dataset import Listed, Pushed

ENTRY = ("name", "supplier", "contract", "licence", "collected", "permitted_purpose")


def pushed_text(pushed: Pushed, training: str | None, trains: bool, card: str | None = None) -> str:
    """`card` is the model card that does not know the dataset yet."""
    word = "pushed" if pushed.new else "already there:"
    lines = [
        f"{word} {pushed.repo}@{pushed.branch} {pushed.commit}",
        f"  {pushed.path}: {count(pushed.rows, 'row')}, {count(pushed.size, 'byte')}",
    ]
    if trains:
        lines.append(f"  {training} names it now: commit that file, and the next apply trains on it")
    elif training:
        lines.append(f"  nothing trains on it until {training} names it (--train writes it there)")
    if card is not None:
        lines += [
            f"  {card} says nothing of it, and a model of unknown data is denied: fill in below `datasets`",
            f"  - sha256: {pushed.sha256}",
            *(f"    {field}:" for field in ENTRY),
        ]
    return "\n".join(lines) + "\n"


def pushed_json(pushed: Pushed, training: str | None, trains: bool, card: str | None = None) -> str:
    document = {
        "command": "data push",
        "ok": True,
        **asdict(pushed),
        "training": training if trains else None,
        "card_to_complete": card,
    }
    return json.dumps(document, indent=2) + "\n"


def listed_text(repo: str, rows: Sequence[Listed]) -> str:
    lines = [f"{repo}: {len(rows)} commit{'' if len(rows) == 1 else 's'}, newest first"]
    for row in rows:
        state = "failed: " + row.state.error if row.state.error else f"{row.size:>12,} bytes"
        heads = " <- " + ", ".join(row.branches) if row.branches else ""
        lines.append(f"  {row.state.commit}  {state if row.state.finished else 'open'}{heads}")
    return "\n".join(lines) + "\n"


def listed_json(repo: str, rows: Sequence[Listed]) -> str:
    commits = [
        {
            "commit": row.state.commit,
            "branches": row.branches,
            "finished": row.state.finished,
            "error": row.state.error,
            "size": row.size,
        }
        for row in rows
    ]
    return json.dumps({"command": "data list", "ok": True, "repo": repo, "commits": commits}, indent=2) + "\n"


PUSHED: dict[str, Callable[[Pushed, str | None, bool, str | None], str]] = {
    "text": pushed_text,
    "json": pushed_json,
}
LISTED: dict[str, Callable[[str, Sequence[Listed]], str]] = {"text": listed_text, "json": listed_json}
