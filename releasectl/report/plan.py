"""A plan as people and machines read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from releasectl.plan.values import Plan, Verb
from releasectl.report.changes import changes, edited
from releasectl.report.console import problems, text
from releasectl.report.envelope import envelope

if TYPE_CHECKING:  # a plan that changes nothing needs no way back
    from releasectl.revert.wayback import WayBack

_WORDS = {
    Verb.CREATE: "to create",
    Verb.UPDATE: "to change",
    Verb.REPLACE: "to replace",
    Verb.MOVE: "to move",
    Verb.RESTART: "to run again",
    Verb.DELETE: "to delete",
    Verb.WAIT: "unfinished",
    Verb.FAILED: "failed",
}


def summary(plan: Plan) -> str:
    """`1 to create, 2 to change`, in the order of the table above."""
    counts = Counter(change.verb for change in plan.changes)
    return ", ".join(f"{counts[verb]} {word}" for verb, word in _WORDS.items() if counts[verb])


def as_text(plan: Plan, back: WayBack | None = None, uncommitted: Sequence[str] = ()) -> str:
    parts: list[RenderableType] = []
    if plan.empty:
        line = f"{plan.target}: nothing to do, what is live is what the files say"
        parts.append(Text(line, style="green"))
    else:
        parts += [Text(f"{plan.target}: {summary(plan)}", style="bold"), "", changes(plan.changes)]
    if plan.warnings:
        parts += ["", Text("warnings", style="bold"), problems(plan.warnings)]
    if back is not None:
        from releasectl.report.revert import way_back

        parts += ["", way_back(back)]
    if uncommitted:
        parts += ["", Text(edited(uncommitted), style="yellow")]
    if plan.writes:
        parts += ["", Text(f"nothing is written yet: releasectl apply {plan.target}", style="dim")]
    elif not plan.empty:
        wait = f"nothing to write: releasectl apply {plan.target} waits for it and tells what failed"
        parts += ["", Text(wait, style="dim")]
    return text(*parts)


def as_json(plan: Plan, back: WayBack | None = None, uncommitted: Sequence[str] = ()) -> str:
    """`ok` says that nothing is left to do."""
    return envelope(
        "plan",
        ok=plan.empty,
        target=plan.target,
        writes=plan.writes,
        changes=plan.changes,
        warnings=plan.warnings,
        models=plan.models,
        way_back=back,
        uncommitted=uncommitted,
    )


FORMATS: dict[str, Callable[..., str]] = {"text": as_text, "json": as_json}
