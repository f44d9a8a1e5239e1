"""Findings as people and machines read them; formats with rules of their own have modules of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from types import MappingProxyType

from rich.console import Group, RenderableType
from rich.text import Text

from releasectl.checked import STANDING, Checked
from releasectl.familiar import Known, split
from releasectl.model import Missing
from releasectl.policy import Fault, Finding, Strictness
from releasectl.report.console import indented, marked, plural, problems, text
from releasectl.report.envelope import envelope

STYLES = {
    Strictness.DENY: ("✗", "red"),
    Strictness.WARN: ("!", "yellow"),
    Strictness.ADVISE: ("·", "blue"),
    Strictness.OFF: (" ", "dim"),
}
STANDS = "It forbids an apply there, and not this merge: mend it, or ask for a waiver."
WAIVED = ("○", "dim")
MILD = "mild: the rule denies here, and warns of this"


def as_text(checked: Checked, known: Known = MappingProxyType({})) -> str:
    """By release, the one with the strictest finding first; the judge has put them in order.

    What was to be read before is one line: findings of a commit that its release names already, in `known`.
    """
    parts: list[RenderableType] = []
    if checked.judge:
        parts += [Text(f"judged by the rules of {checked.judge}", style="dim"), ""]
    if checked.refused:
        parts += [Text("refused", style="bold red"), problems(checked.refused, "✗", "red"), ""]
    for release, found in by_release(checked.findings):
        parts.append(Text(release, style="bold"))
        parts += [listed(found, known, page=True), ""]
    if checked.standing:
        parts += [Text(STANDING, style="bold"), Text(f"  {STANDS}", style="dim")]
        for release, found in by_release(checked.standing):
            parts += [Text(f"  {release}", style="bold"), indented(listed(found, known, page=True)), ""]
    if checked.delta:
        parts += [Text("what this changes about the judge", style="bold")]
        parts += [_told(f"{each.place}: {each.what}", each.remedy) for each in checked.delta] + [""]
    if checked.notices:
        parts += [Text("waivers, rollbacks and revocations", style="bold")]
        parts += [_told(f"{each.place}: {each.what}", each.remedy) for each in checked.notices] + [""]
    if checked.faults:
        parts += [Text("rules that failed", style="bold red"), *map(_fault, checked.faults), ""]
    parts.append(_summary(checked))
    return text(*parts)


def by_release(findings: Sequence[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """In the order of their first, that is worst, finding."""
    worst = {finding.release: index for index, finding in reversed(list(enumerate(findings)))}
    ordered = sorted(findings, key=lambda finding: worst[finding.release])
    for release, found in groupby(ordered, key=lambda finding: finding.release):
        yield release, list(found)


def listed(found: Sequence[Finding], known: Known, *, page: bool = False) -> RenderableType:
    """Findings one below the other: rule, place and reason, remedy; what forbids with its fingerprint too.

    Those that were to be read before are one line.
    """
    new, old = split(found, known)
    return Group(*_grouped(new, page=page), *([_as_before(old)] if old else []))


def _as_before(old: Sequence[Finding]) -> RenderableType:
    standing = {each.strictness for each in old if each.waiver is None}
    symbol, style = next((STYLES[strictness] for strictness in STYLES if strictness in standing), WAIVED)
    rules = ", ".join(dict.fromkeys(each.rule for each in old))
    line = Text(f"{plural(len(old), 'finding')} as before, of a model named here already: {rules}")
    return indented(marked(Text(symbol, style), line.append(f"; releasectl why {old[0].release}", "dim")))


def _grouped(found: Sequence[Finding], *, page: bool) -> Iterator[RenderableType]:
    """What one rule found with one remedy is one block; below stand its page and what a waiver has to name.

    Without `page` only where it forbids.
    """
    for _, group in groupby(found, key=_kind):
        findings = list(group)
        first = findings[0]
        yield _title(first)
        for place, together in groupby(findings, key=_seen):
            yield indented(Text(place[0]).append(place[1], style="dim"), 4)
            yield from _messages(together)
        yield indented(marked("→", Text(first.remedy), "cyan"), 4)
        prints = ", ".join(finding.fingerprint for finding in findings if finding.fingerprint)
        if first.waiver is not None:
            waiver = first.waiver
            until = f"waived by {waiver.approver} until {waiver.expires} ({waiver.ticket}): {waiver.reason}"
            yield indented(Text(until, style="green"), 4)
        elif prints and (page or first.strictness is Strictness.DENY):
            more = f"releasectl rules --explain {first.rule}; fingerprint {prints}"
            yield indented(Text(more, style="dim"), 4)


def _kind(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.strictness, finding.remedy, finding.waiver, finding.mild


def _title(finding: Finding) -> RenderableType:
    symbol, style = WAIVED if finding.waiver else STYLES[finding.strictness]
    line = Text(f"{symbol} {finding.strictness} ", style=style).append(f"{finding.rule} ", style="bold")
    line.append(f"{finding.title} ({finding.severity})", style="")
    return indented(line.append(f"; {MILD}" if finding.mild else "", style="dim"))


def _seen(finding: Finding) -> tuple[str, str]:
    """Where it stands, and which file tells."""
    return str(finding.place), "" if finding.evidence is None else f", seen in {finding.evidence.file}"


def _messages(findings: Iterable[Finding]) -> Iterator[RenderableType]:
    """What is not known for one reason is one item: evidence that cannot be read misses all it would tell."""
    for why, group in groupby(findings, key=lambda finding: finding.actual):
        together = list(group)
        if isinstance(why, Missing) and len(together) > 1:
            reason = f": unknown, because {why.reason}"
            names = ", ".join(finding.message.removesuffix(reason) for finding in together)
            yield indented(marked("-", f"{names}{reason}"), 4)
        else:
            yield from map(_message, together)


def _message(finding: Finding) -> RenderableType:
    seen = finding.evidence
    line = (
        "" if seen is None or seen.line == 1 else f" (line {seen.line})"
    )  # the first stands for the whole file
    return indented(marked("-", Text(finding.message).append(line, style="dim")), 4)


def _told(what: str, remedy: str) -> RenderableType:
    return Group(indented(Text(f"! {what}", style="yellow")), indented(Text(f"→ {remedy}", style="cyan"), 4))


def _fault(fault: Fault) -> RenderableType:
    where = f"{fault.rule} of {fault.release}" if fault.release else fault.rule
    what = f"✗ {where}: {fault.error}"
    return Group(
        indented(Text(what, style="red")),
        indented(Text("→ mend the rule: what it would have found is not known", style="cyan"), 4),
    )


def _summary(checked: Checked) -> Text:
    judged = plural(len(checked.releases), "release")
    waived = sum(finding.waiver is not None for finding in checked.findings)
    counts = Counter(finding.strictness for finding in checked.findings if finding.waiver is None)
    told = [f"{counts[strict]} {strict}" for strict in STYLES if counts[strict]]
    told += [f"{waived} waived"] if waived else []
    told += [f"{len(checked.standing)} on the base already"] if checked.standing else []
    told += [plural(len(checked.faults), "failed rule")] if checked.faults else []
    told += [f"{len(checked.refused)} refused"] if checked.refused else []
    if not told:
        return Text(f"✓ {judged} checked, no finding", style="green")
    symbol, style = next((STYLES[strict] for strict in STYLES if counts[strict]), ("✓", "green"))
    if checked.faults or checked.refused:
        symbol, style = STYLES[Strictness.DENY]
    return Text(f"{symbol} {judged} checked: {', '.join(told)}", style=style)


def as_json(checked: Checked) -> str:
    """Its schema is check.schema.json, beside this module."""
    return envelope(
        "check",
        ok=checked.ok,
        version=1,
        exit_code=checked.exit_code,
        judge=checked.judge,
        releases=checked.releases,
        findings=checked.findings,
        faults=checked.faults,
        notices=checked.notices,
        delta=checked.delta,
        standing=checked.standing,
        refused=checked.refused,
    )


def _sarif(checked: Checked) -> str:
    from releasectl.report.sarif import as_sarif

    return as_sarif(checked)


def _github(checked: Checked) -> str:
    from releasectl.report.annotations import as_annotations

    return as_annotations(checked)


def _junit(checked: Checked) -> str:
    from releasectl.report.junit import as_junit

    return as_junit(checked)


def _markdown(checked: Checked) -> str:
    from releasectl.report.findings_markdown import as_markdown

    return as_markdown(checked)


FORMATS: dict[str, Callable[[Checked], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": _sarif,
    "github": _github,
    "junit": _junit,
    "markdown": _markdown,
}
