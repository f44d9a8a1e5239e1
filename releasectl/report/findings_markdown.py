"""Findings as the summary of a CI step, in which no text of the files is markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from releasectl.checked import STANDING, Checked
from releasectl.policy import Finding, Notice, Strictness
from releasectl.report.findings import STANDS, by_release
from releasectl.report.markdown import capped, code, table, text

LIMIT: Final = 900_000  # bytes; GitHub takes 1 MiB for a step
SHOWN: Final = 200  # findings of one release, or notices
SYMBOLS: Final = {
    Strictness.DENY: "❌",
    Strictness.WARN: "⚠️",
    Strictness.ADVISE: "💬",
    Strictness.OFF: "▫️",
}


def as_markdown(checked: Checked) -> str:
    return capped(_parts(checked), LIMIT, "_The rest is left out: a summary holds no more._")


def _parts(checked: Checked) -> Iterator[str]:
    yield f"### Policy: {_verdict(checked)}"
    by = f", judged by the rules of {code(checked.judge)}" if checked.judge else ""
    count = len(checked.releases)
    yield f"{count} release{'s' if count != 1 else ''}, {len(checked.findings)} findings{by}."
    if checked.refused:
        rows = ((code(each.where), text(each.what), text(each.remedy)) for each in checked.refused)
        yield "#### Refused\n\n" + table(("where", "what", "to do"), rows)
    if checked.delta:
        yield "#### What this changes about the judge\n\n" + _notices(checked.delta)
    for release, found in by_release(checked.findings):
        yield f"#### {code(release)}\n\n{_findings(found)}"
    if checked.standing:
        stands = [f"{code(release)}\n\n{_findings(found)}" for release, found in by_release(checked.standing)]
        yield "\n\n".join([f"#### {STANDING.capitalize()}", STANDS, *stands])
    if checked.notices:
        yield "#### Waivers, rollbacks and revocations\n\n" + _notices(checked.notices)
    if checked.faults:
        rows = ((code(each.rule), code(each.release), text(each.error)) for each in checked.faults)
        yield "#### Rules that failed\n\n" + table(("rule", "release", "error"), rows)


def _verdict(checked: Checked) -> str:
    if checked.refused and not checked.faults and not checked.denied:
        return "❌ not everything can be judged"
    verdict = {0: "✅ nothing forbids it", 1: "❌ a rule failed", 3: "❌ a waiver is wrong"}
    return verdict.get(checked.exit_code, "❌ denied")


def _findings(found: Sequence[Finding]) -> str:
    rest = len(found) - SHOWN
    more = f"\n\n_and {rest} more, none of them worse_" if rest > 0 else ""
    return table(("", "rule", "found", "to do"), map(_row, found[:SHOWN])) + more


def _row(finding: Finding) -> tuple[str, ...]:
    waiver = finding.waiver
    state = (
        f"○ waived until {waiver.expires}"
        if waiver
        else f"{SYMBOLS[finding.strictness]} {finding.strictness}{', mild' if finding.mild else ''}"
    )
    rule = f"{code(finding.rule)} {text(finding.title)}"
    print_ = f" ({code(finding.fingerprint)})" if finding.fingerprint else ""
    return state, rule, f"{text(finding.message)} at {code(str(finding.place))}{print_}", text(finding.remedy)


def _notices(notices: Sequence[Notice]) -> str:
    rows = ((code(str(each.place)), text(each.what), text(each.remedy)) for each in notices[:SHOWN])
    rest = len(notices) - SHOWN
    return table(("where", "what", "to do"), rows) + (f"\n\n_and {rest} more_" if rest > 0 else "")
