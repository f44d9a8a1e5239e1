"""A step of a trial as its reviewer reads it: who answers how much, what it restarts, what comes next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from releasectl.judge import denied
from releasectl.model import Release
from releasectl.plan.highlights import compare, from_lock
from releasectl.plan.values import Highlight
from releasectl.promote import Transition
from releasectl.report.changes import highlights
from releasectl.report.console import as_typed, indented, plural, shown, text
from releasectl.report.envelope import envelope
from releasectl.report.findings import listed
from releasectl.trial import share

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def as_text(found: Transition, changed: Sequence[str]) -> str:
    """`changed` are the files that were written; none were if the policy denies the step."""
    refused = bool(denied(found.proposal.own_findings))
    heading = Text(found.proposal.target, style="bold")
    heading.append(f"  {found.verb}: {share(found.old.strategy)} → {share(found.new.strategy)}", style="dim")
    parts: list[RenderableType] = [heading, *(indented(Text(line), 4) for line in _answers(found.new))]
    if found.new.strategy.candidate or found.new.model != found.old.model:  # else the candidate goes
        parts.append(indented(highlights(_comparison(found)), 4))
    parts += ["", *_diff(found.diff)]
    if own := found.proposal.own_findings:
        parts += ["", listed(own, found.proposal.known)]
    parts.append("")
    if refused:
        parts.append(Text("✗ the policy denies this step: nothing is written", style="red"))
    else:
        parts.append(Text(f"✓ {plural(len(changed), 'file')} written", style="green"))
        parts += [indented(Text(path)) for path in changed]
        following, *later = next_steps(found)
        parts += [Text(restarts(found), style="dim"), as_typed(following)]
        parts += [Text(line, style="dim") for line in later]
    return text(*parts)


def restarts(found: Transition) -> str:
    """What the step means for processes that run."""
    if found.new.model != found.old.model:
        return "the candidate becomes the model: new servers start, and get requests when they are ready"
    if found.old.strategy.router or found.new.strategy.router:
        return "the router is part of what Seldon restarts: both models get new servers"
    return "no server of the model restarts: only its candidate and the weights change"


def next_steps(found: Transition) -> Iterator[str]:
    title = f"{found.verb.capitalize()} {found.proposal.target}: {share(found.new.strategy)}"
    yield f"next: git add -A releases environments && git commit -m '{title}'"
    yield f"then: a pull request; once it is merged and applied, releasectl verify {found.new.environment}"
    if found.new.strategy.candidate:
        yield f"then: releasectl compare {found.proposal.target}, and releasectl promote or abort it"


def _answers(release: Release) -> Iterator[str]:
    strategy = release.strategy
    if strategy.candidate is None:
        yield f"{shown(release.model)} answers every request"
    elif strategy.mirror is not None:
        yield f"{shown(release.model)} answers every request"
        yield f"{shown(strategy.candidate)} gets a copy of {strategy.mirror} % of them"
    else:
        traffic = strategy.traffic or 0
        yield f"{shown(release.model)} answers {100 - traffic} % of the requests"
        yield f"{shown(strategy.candidate)} answers {traffic} %"


def _comparison(found: Transition) -> tuple[Highlight, ...]:
    """The model that answers before the step against the one in question."""
    locks, old = found.proposal.repository.locks, found.old
    other = found.new.model if found.new.model != old.model else old.strategy.candidate or old.model
    commit = Highlight("model → candidate", old.model, other)
    return (commit, *compare(from_lock(locks[old.model]), from_lock(locks[other])))


def _diff(diff: str) -> Iterator[Text]:
    for line in diff.splitlines():
        yield Text(f"  {line}", style="bold" if line[:3] in ("---", "+++") else _STYLES.get(line[:1], "dim"))


def as_json(found: Transition, changed: Sequence[str]) -> str:
    return envelope(
        found.verb,
        ok=not denied(found.proposal.own_findings),
        target=found.proposal.target,
        model={"old": found.old.model, "new": found.new.model},
        strategy={"old": found.old.strategy, "new": found.new.strategy},
        highlights=_comparison(found),
        diff=found.diff,
        findings=found.proposal.own_findings,
        restarts=restarts(found),
        next=list(next_steps(found)),
        written=changed,
    )


FORMATS: dict[str, Callable[[Transition, Sequence[str]], str]] = {"text": as_text, "json": as_json}
