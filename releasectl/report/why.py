"""Every rule on one release: what it saw, what it wanted, and its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from releasectl.checking import Reasons
from releasectl.findings import evidence_place
from releasectl.judge import Considered
from releasectl.model import Json, Missing
from releasectl.plain import plain
from releasectl.policy import ANYTHING, Breach, Finding, First, Model, Seen, Strictness, show
from releasectl.report.console import indented, text
from releasectl.report.envelope import envelope
from releasectl.report.findings import STYLES, WAIVED

PASSED, OFF = ("\u2713", "green"), ("-", "dim")


def as_text(found: Reasons) -> str:
    release = found.case.release
    parts: list[RenderableType] = [Text(f"{release.environment}/{release.name}", style="bold")]
    for model in found.case.models:
        told = f"{model.pointer.strip('/')} {model.lock.commit}, {_champion(model.champion)}"
        parts.append(indented(Text(told)))
    parts.append("")
    for considered in found.considered:
        parts += _considered(considered, _of(found, considered))
    return text(*parts)


def _champion(champion: Model | First | Missing) -> str:
    if isinstance(champion, First):
        return f"the first: {champion.reason}"
    if isinstance(champion, Missing):
        return f"its champion is unknown: {champion.reason}"
    return f"its champion is {champion.lock.commit}"


def _considered(considered: Considered, findings: Sequence[Finding]) -> Iterator[RenderableType]:
    enforced = considered.enforced
    symbol, style = _symbol(considered, findings)
    line = Text(f"{symbol} {enforced.rule.id} ", style=style).append(enforced.rule.title, style="")
    line.append(f" [{enforced.strictness}]", style="dim")
    yield line.append(f" {_verdict(considered, findings)}", style=style)
    if enforced.parameters and enforced.strictness is not Strictness.OFF:
        told = ", ".join(f"{name} {show(plain(value))}" for name, value in enforced.parameters.items())
        yield indented(Text(f"with {told}", style="dim"), 4)
    for said in considered.said:
        yield from _said(said)
    for finding in findings:
        if finding.waiver is not None:
            until = f"waived until {finding.waiver.expires} by {finding.waiver.approver}: {finding.message}"
            yield indented(Text(until, style="green"), 4)


def _said(said: Seen | Breach) -> Iterator[RenderableType]:
    if isinstance(said, Breach):
        yield indented(Text(f"✗ {said.message}", style="red"), 4)
        return
    symbol, style = ("✓", "") if said.holds else ("✗", "yellow" if said.mild else "red")
    wanted = "" if said.limit is ANYTHING else f" (wanted: {said.limit.words})"
    yield indented(Text(f"{symbol} {said.what}: {_value(said.actual)}{wanted}", style=style), 4)
    if (place := evidence_place(said)) is not None and not said.holds:
        yield indented(Text(f"  {place}", style="dim"), 4)


def _value(actual: Json | Missing) -> str:
    return f"unknown, because {actual.reason}" if isinstance(actual, Missing) else show(actual)


def _symbol(considered: Considered, findings: Sequence[Finding]) -> tuple[str, str]:
    if considered.fault is not None:
        return "✗", "red"
    if considered.enforced.strictness is Strictness.OFF:
        return OFF
    if not findings:
        return PASSED
    standing = [finding for finding in findings if finding.waiver is None]
    return STYLES[standing[0].strictness] if standing else WAIVED


def _verdict(considered: Considered, findings: Sequence[Finding]) -> str:
    if considered.fault is not None:
        return f"failed: {considered.fault.error}"
    if considered.enforced.strictness is Strictness.OFF:
        return "is off here"
    if not findings:
        return "passed"
    standing = [finding for finding in findings if finding.waiver is None]
    return f"{standing[0].strictness}: {len(standing)} of {len(considered.said)}" if standing else "waived"


def as_json(found: Reasons) -> str:
    release = found.case.release
    return envelope(
        "why",
        ok=all(each.strictness is not Strictness.DENY or each.waiver is not None for each in found.findings),
        version=1,
        release=f"{release.environment}/{release.name}",
        models=[
            {"pointer": model.pointer, "commit": model.lock.commit, "champion": _champion(model.champion)}
            for model in found.case.models
        ],
        rules=[_rule(considered, _of(found, considered)) for considered in found.considered],
        notices=found.notices,
    )


def _rule(considered: Considered, findings: Sequence[Finding]) -> Json:
    enforced = considered.enforced
    return {
        "rule": enforced.rule.id,
        "title": enforced.rule.title,
        "strictness": str(enforced.strictness),
        "parameters": plain(enforced.parameters),
        "verdict": _verdict(considered, findings),
        "facts": [_fact(said) for said in considered.said],
        "findings": plain(findings),
        "fault": considered.fault.error if considered.fault else None,
    }


def _fact(said: Seen | Breach) -> Json:
    if isinstance(said, Breach):
        return {"pointer": said.pointer, "what": said.message, "holds": False}
    return {
        "pointer": said.pointer,
        "what": said.what,
        "actual": plain(said.actual),
        "wanted": said.limit.words,
        "holds": said.holds,
        "mild": said.mild,
        "place": plain(evidence_place(said)),
    }


def _of(found: Reasons, considered: Considered) -> list[Finding]:
    return [finding for finding in found.findings if finding.rule == considered.enforced.rule.id]


FORMATS: dict[str, Callable[[Reasons], str]] = {"text": as_text, "json": as_json}
