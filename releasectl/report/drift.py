"""A look at everything as the drift issue tells it. Standard library only: see `releasectl.github`."""

from __future__ import annotations

from typing import Final

from releasectl.report.markdown import capped, code, text
from releasectl.review.values import Drift, Watched

LIMIT: Final = 60_000
TITLE: Final = "What is live differs from what git says"
SYMBOLS: Final = {"clean": "✅", "drift": "❌", "soon": "⏳", "unknown": "❔"}


def as_markdown(drift: Drift, run: str = "") -> str:
    """What is not clean first; `run` is the address of the workflow's run."""
    order = sorted(drift.seen, key=lambda one: one.state == "clean")
    seen_by = f" ([run]({run}))" if run else ""
    heading = f"Compared with {code(drift.commit[:12])}{seen_by}: " + (
        "everything is as git says." if drift.clean else "this needs somebody."
    )
    advice = (
        "`releasectl apply TARGET` (or the next run of the workflow `apply`) puts right what drifted; "
        "`releasectl verify TARGET` tells link by link."
    )
    parts = [heading, *(_watched(one) for one in order), *([] if drift.clean else [advice])]
    return capped(parts, LIMIT, "_The rest is left out: see the job's log._")


def _watched(one: Watched) -> str:
    lines = "".join(f"\n- {text(words)}" for words in one.words[:40])
    more = f"\n- and {len(one.words) - 40} more" if len(one.words) > 40 else ""
    return f"{SYMBOLS.get(one.state, '❔')} **{text(one.subject)}**: {text(one.state)}\n{lines}{more}"
