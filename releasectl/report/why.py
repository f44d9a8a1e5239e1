"""Every rule on one release: what it saw, what it wanted, and its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.text import Text

from releasectl.checked import denied
from releasectl.checking import Reasons
from releasectl.findings import evidence_place
from releasectl.letters import printable
from releasectl.model import Json, Missing
from releasectl.plain import plain
from releasectl.policy import ANYTHING, NOTHING, Breach, Finding, First, Model, Seen, Strictness, show
from releasectl.report.console import indented, marked, plural, text
from releasectl.report.envelope import envelope
from releasectl.report.findings import MILD, STYLES, WAIVED
from releasectl.sitting import Considered

PASSED, OFF = ("\u2713", "green"), ("-", "dim")
KINDS = ("failed", "deny", "warn", "advise", "waived", "passed", "off")


def as_text(found: Reasons, *, findings: bool = False, facts: bool = False) -> str:
    """What fails is told with what it saw. `findings` leaves out all other rules, `facts` no fact."""
    release = found.case.release
    target = f"{release.environment}/{release.name}"
    parts: list[RenderableType] = [Text(target, style="bold")]
    for model in found.case.models:
        told = f"{model.pointer.strip('/')} {model.lock.commit}, {_champion(model.champion)}"
        parts.append(indented(Text(told)))
    parts.append("")
    for considered in found.considered:
        own = _of(found, considered)
        if considered.fault is not None or own or not findings:
            parts += _considered(considered, own, facts)
    parts += ["", _summary(found)]
    if not facts:
        parts.append(Text(f"every fact: releasectl why {target} --all", style="dim"))
    return text(*parts)


def _summary(found: Reasons) -> Text:
    """How many rules came to which verdict, the worst first."""
    verdicts = Counter(_kind(considered, _of(found, considered)) for considered in found.considered)
    told = ", ".join(f"{verdicts[kind]} {kind}" for kind in KINDS if verdicts[kind])
    return Text(f"{plural(len(found.considered), 'rule')}: {told}")


def _kind(considered: Considered, findings: Sequence[Finding]) -> str:
    if considered.fault is not None:
        return "failed"
    if considered.enforced.strictness is Strictness.OFF:
        return "off"
    standing = [finding for finding in findings if finding.waiver is None]
    return str(standing[0].strictness) if standing else "waived" if findings else "passed"


def _champion(champion: Model | First | Missing) -> str:
    if isinstance(champion, First):
        return f"the first: {champion.reason}"
    if isinstance(champion, Missing):
        return f"its champion is unknown: {champion.reason}"
    return f"its champion is {champion.lock.commit}"


def _considered(considered: Considered, findings: Sequence[Finding], facts: bool) -> Iterator[RenderableType]:
    enforced = considered.enforced
    symbol, style = _symbol(considered, findings)
    line = Text(f"{enforced.rule.id} ", style=style).append(enforced.rule.title, style="")
    line.append(f" [{enforced.strictness}]", style="dim")
    yield marked(symbol, line.append(f" {_verdict(considered, findings)}", style=style), style)
    told = [said for said in considered.said if facts or not _holds(said)] if facts or findings else []
    if enforced.parameters and (told or findings):
        limits = ", ".join(f"{name} {show(plain(value))}" for name, value in enforced.parameters.items())
        yield indented(Text(f"with {limits}", style="dim"))
    for why, group in groupby(told, key=_reason):
        together = list(group)
        if why is None or len(together) == 1:
            for said in together:
                yield from _said(said)
        else:  # evidence that cannot be read misses all it would tell
            names = ", ".join(said.what for said in together if isinstance(said, Seen))
            yield indented(marked("✗", printable(f"{names}: unknown, because {why}"), "red"))
    for finding in findings:
        if finding.waiver is not None:
            until = f"waived until {finding.waiver.expires} by {finding.waiver.approver}: {finding.message}"
            yield indented(Text(until, style="green"))
    for remedy in dict.fromkeys(finding.remedy for finding in findings if finding.waiver is None):
        yield indented(marked("→", remedy, "cyan"))


def _reason(said: Seen | Breach) -> str | None:
    """Why it is not known what was asked."""
    return said.actual.reason if isinstance(said, Seen) and isinstance(said.actual, Missing) else None


def _holds(said: Seen | Breach) -> bool:
    return isinstance(said, Seen) and said.holds


def _said(said: Seen | Breach) -> Iterator[RenderableType]:
    if isinstance(said, Breach):
        yield indented(marked("✗", printable(said.message), "red"))
        return
    symbol, style = ("✓", "") if said.holds else ("✗", "yellow" if said.mild else "red")
    wanted = "" if said.limit in (ANYTHING, NOTHING) else f" (wanted: {said.limit.words})"
    told = Text(printable(f"{said.what}: {_value(said.actual)}{wanted}"))
    if (place := evidence_place(said)) is not None and not said.holds:
        told.append(f"\n{place}", style="dim")
    yield indented(marked(symbol, told, style))


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
    if not standing:
        return "waived"
    mild = f" ({MILD})" if standing[0].mild else ""
    told = f"{len(standing)} of {plural(len(considered.said), 'fact')} not as wanted"
    return f"{standing[0].strictness}{mild}: {told}"


def as_json(found: Reasons) -> str:
    release = found.case.release
    return envelope(
        "why",
        ok=not found.faults and not denied(found.findings),
        version=1,
        release=f"{release.environment}/{release.name}",
        models=[
            {"pointer": model.pointer, "commit": model.lock.commit, "champion": _champion(model.champion)}
            for model in found.case.models
        ],
        rules=[_rule(considered, _of(found, considered)) for considered in found.considered],
        notices=found.notices,
        faults=found.faults,
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
