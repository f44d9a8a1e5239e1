"""An apply as people and machines read it: lines while it works, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import RenderableType
from rich.text import Text

from releasectl.outcome import Outcome
from releasectl.plan import PIPELINES, Plan
from releasectl.ports import Progress
from releasectl.report.changes import brief
from releasectl.report.console import plural, problems, shown, text
from releasectl.report.envelope import envelope


def as_text(outcome: Outcome, _: Sequence[str] = ()) -> str:
    """What was done, a line for each: the plan told the details before, `progress` what is uncommitted."""
    plan = outcome.plan
    seconds = (outcome.finished - outcome.started).total_seconds()
    parts: list[RenderableType] = []
    if plan.empty:
        line = f"✓ {outcome.target}: nothing to do, what is live is what the files say"
        parts.append(Text(line, style="green"))
    elif outcome.result == "unchanged":
        line = f"✓ {outcome.target}: all is ready after {seconds:.1f} s, nothing had to be written"
        parts.append(Text(line, style="green"))
    else:
        done = plural(len(plan.changes), "change")
        parts.append(Text(f"✓ {outcome.target}: {done} applied in {seconds:.1f} s", style="green"))
        parts.append(brief(plan.changes))
        parts += [Text(line, style="yellow") for line in _trials(plan)]
    if plan.warnings:
        parts.append(problems(plan.warnings))
    waits = outcome.target == PIPELINES and plan.warnings  # what is to come is not here yet
    if outcome.result == "applied" and not waits:
        parts.append(Text(f"next: releasectl {_next(outcome.target)}", style="dim"))
    return text(*parts)


def _trials(plan: Plan) -> Iterator[str]:
    """Who else answers from now on: a revert of a promotion, for one, leads back into the trial before it."""
    for name, strategy in plan.strategies.items():
        if strategy.candidate is not None:
            share = f"answers {strategy.traffic} %" if strategy.traffic else "answers nobody"
            candidate = f"{shown(strategy.candidate)} is on trial ({strategy.type}) and {share}"
            yield f"! {plan.target}/{name}: {candidate}"


def _next(target: str) -> str:
    """What a person wants once this is done."""
    if target == PIPELINES:
        return "release NAME --env ENVIRONMENT --commit latest"
    return f"verify {target}"


def as_json(outcome: Outcome, uncommitted: Sequence[str] = ()) -> str:
    plan = outcome.plan
    return envelope(
        "apply",
        ok=outcome.result in ("applied", "unchanged"),
        target=outcome.target,
        result=outcome.result,
        started=outcome.started,
        finished=outcome.finished,
        writes=plan.writes,
        changes=plan.changes,
        warnings=plan.warnings,
        models=plan.models,
        problems=outcome.problems,
        uncommitted=uncommitted,
    )


@contextmanager
def progress(output: str) -> Iterator[Progress]:
    """Where an apply tells what it does: a living line on a terminal, else a line for each event.

    It all goes to stderr, so that stdout holds the report alone.
    """
    if output == "text" and sys.stderr.isatty():
        yield from _living_line()
    else:
        yield lambda line: click.echo(line, err=True)


def _living_line() -> Iterator[Progress]:
    """What is being waited for is on one line that changes; what is done stays above it."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    with console.status("") as status:

        def tell(line: str) -> None:
            if not line.startswith("  "):
                console.print(line)
            status.update(Text(line.strip()[: console.width - 4], style="dim"))

        yield tell


FORMATS: dict[str, Callable[[Outcome, Sequence[str]], str]] = {"text": as_text, "json": as_json}
