"""Findings as people and machines read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from releasectl.model import Repository
from releasectl.policy import Finding, Strictness
from releasectl.report.console import indented, plural, text
from releasectl.report.envelope import envelope

STYLES = {
    Strictness.DENY: ("✗", "red"),
    Strictness.WARN: ("!", "yellow"),
    Strictness.ADVISE: ("·", "blue"),
    Strictness.OFF: (" ", "dim"),
}


def as_text(findings: Sequence[Finding], repository: Repository) -> str:
    """By release, the one with the strictest finding first; the caller has put them in order."""
    worst = {finding.release: index for index, finding in reversed(list(enumerate(findings)))}
    ordered = sorted(findings, key=lambda finding: worst[finding.release])
    parts: list[RenderableType] = []
    for release, found in groupby(ordered, key=lambda finding: finding.release):
        parts.append(Text(release, style="bold"))
        parts += [listed(found), ""]
    parts.append(_summary(findings, repository))
    return text(*parts)


def listed(found: Iterable[Finding]) -> RenderableType:
    """Findings one below the other: rule, place and reason, remedy."""
    return Group(*(part for finding in found for part in _finding(finding)))


def _finding(finding: Finding) -> list[RenderableType]:
    symbol, style = STYLES[finding.strictness]
    line = Text(f"{symbol} {finding.strictness} ", style=style).append(f"{finding.rule} ", style="bold")
    line.append(f"{finding.title} ({finding.severity})", style="")
    return [
        indented(line),
        indented(Text(f"{finding.place}: {finding.message}"), 4),
        indented(Text(f"→ {finding.remedy}", style="cyan"), 4),
    ]


def _summary(findings: Sequence[Finding], repository: Repository) -> Text:
    judged = plural(len(repository.releases), "release")
    if not findings:
        return Text(f"✓ {judged} checked, no finding", style="green")
    counts = Counter(finding.strictness for finding in findings)
    told = ", ".join(f"{counts[strict]} {strict}" for strict in STYLES if counts[strict])
    symbol, style = next(STYLES[strict] for strict in STYLES if counts[strict])
    return Text(f"{symbol} {judged} checked: {told}", style=style)


def as_json(findings: Sequence[Finding], repository: Repository) -> str:
    return envelope(
        "check",
        ok=not any(finding.strictness is Strictness.DENY for finding in findings),
        releases=[f"{release.environment}/{release.name}" for release in repository.releases],
        findings=findings,
    )


FORMATS: dict[str, Callable[[Sequence[Finding], Repository], str]] = {"text": as_text, "json": as_json}
