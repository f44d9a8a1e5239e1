"""The proof of a revert: the verdict first, then what it rests on, what would happen, and what to type."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from releasectl.history.values import moment, told
from releasectl.model import Missing
from releasectl.plan.values import Plan
from releasectl.report.changes import changes
from releasectl.report.console import command, grid, indented, marked, problems, text
from releasectl.report.envelope import envelope
from releasectl.revert.values import Conflict, Move, Proof, Verdict
from releasectl.revert.wayback import WayBack

_VERDICTS = {
    Verdict.SAFE: ("✓ safe to revert", "bold green"),
    Verdict.UNSAFE: ("✗ not safe to revert", "bold red"),
    Verdict.UNPROVEN: ("? nothing speaks against it, but not everything could be looked at", "bold yellow"),
}


def as_text(proof: Proof) -> str:
    commit = proof.subject.commit
    heading = Text(f"{commit.short} {commit.subject}", style="bold")
    heading.append(f"  {commit.author}, {moment(commit.committed)}", style="dim")
    words, style = _VERDICTS[proof.verdict]
    parts: list[RenderableType] = [heading, Text(words, style=style)]
    parts += [problems(proof.reasons, "✗", "red")] if proof.reasons else []
    parts += [problems(proof.unseen, "?")] if proof.unseen else []
    parts += [problems(proof.remains, style="bold yellow")] if proof.remains else []
    for title, content in _sections(proof):
        parts += ["", Text(title, style="bold"), *content]
    return text(*parts)


def _sections(proof: Proof) -> Iterator[tuple[str, list[RenderableType]]]:
    if proof.moves:
        yield "what serves", [indented(_moves(proof.moves))]
    if proof.conflicts:
        yield "changed since", [indented(_conflict(each)) for each in proof.conflicts]
    if proof.notes:
        yield "to know", [indented(marked("·", note)) for note in proof.notes]
    for target, plan in proof.plans.items():
        yield f"what `apply {target}` would do", [_plan(plan)]
    if proof.commands:
        yield "how", [command(line) for line in proof.commands]


def _moves(moves: tuple[Move, ...]) -> Table:
    table = grid("default", "red", "dim", "green", "dim")
    for move in moves:
        if isinstance(move.after, Missing):
            manifest = ""
        else:
            manifest = (
                "manifest as before, byte for byte" if move.as_before else "another manifest than before"
            )
        table.add_row(move.target, told(move.before), "→", told(move.after), manifest)
    return table


def _conflict(conflict: Conflict) -> Text:
    later = ", ".join(f"{commit.short} ({commit.subject})" for commit in conflict.later)
    outcome = conflict.resolved
    line = Text(f"{conflict.path}: {later}")
    if isinstance(outcome, Missing):
        return line.append(f"; {outcome.reason}", style="red")
    return line.append(f"; {outcome}", style="green")


def _plan(plan: Plan | Missing) -> RenderableType:
    if isinstance(plan, Missing):
        return indented(Text(f"unknown: {plan.reason}", style="yellow"))
    if plan.empty:
        return indented(Text("nothing: what is live is so already"))
    return changes(plan.changes, fields=False)


def as_json(proof: Proof) -> str:
    return envelope(
        "prove-revert",
        ok=proof.verdict is Verdict.SAFE,
        verdict=proof.verdict,
        commit=proof.subject.commit,
        mainline=proof.subject.mainline,
        takes_back=proof.subject.takes_back,
        releases=proof.moves,
        conflicts=proof.conflicts,
        reasons=proof.reasons,
        unseen=proof.unseen,
        remains=proof.remains,
        notes=proof.notes,
        plans={target: _plain_plan(plan) for target, plan in proof.plans.items()},
        commands=proof.commands,
    )


def _plain_plan(plan: Plan | Missing) -> object:
    if isinstance(plan, Missing):
        return plan
    return {"writes": plan.writes, "changes": plan.changes, "warnings": plan.warnings, "models": plan.models}


def way_back(found: WayBack) -> RenderableType:
    """The proof in a line or two, for the summaries of `plan` and `release`."""
    words, style = _WAYS[found.verdict]
    line = Text(f"{words[2:]} ", style=style).append(found.what, style="default")
    if found.to:
        line.append(f": {found.to}", style="dim")
    parts = [problems(found.problems, words[0], style)] if found.problems else []
    parts += [problems(found.remains, style="bold yellow")] if found.remains else []
    return Group(marked(Text(words[0], style=style), line), *parts)


_WAYS = {
    Verdict.SAFE: ("✓ way back:", "green"),
    Verdict.UNSAFE: ("✗ no safe way back:", "red"),
    Verdict.UNPROVEN: ("? way back, not proven:", "yellow"),
}


FORMATS: dict[str, Callable[[Proof], str]] = {"text": as_text, "json": as_json}
