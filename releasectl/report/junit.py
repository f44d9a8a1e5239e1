"""Findings as JUnit XML, which every CI server shows: a suite per release, a case per rule."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from releasectl.checked import Checked
from releasectl.model import Place
from releasectl.policy import Finding, Strictness
from releasectl.report.annotations import place_of
from releasectl.rulebook import rules


def as_junit(checked: Checked) -> str:
    """Denied is failed, waived is skipped, and what only warns passes and says so."""
    suites = Element("testsuites", name="releasectl check")
    others = [finding.release for finding in checked.findings if finding.release not in checked.releases]
    for release in dict.fromkeys([*checked.releases, *others]):
        _suite(suites, release, [finding for finding in checked.findings if finding.release == release])
    if checked.faults or checked.refused:
        suite = SubElement(suites, "testsuite", name="the judge")
        for fault in checked.faults:
            case = SubElement(
                suite, "testcase", classname="judge", name=f"{fault.rule} {fault.release}".strip()
            )
            SubElement(case, "error", message=_clean(fault.error))
        for problem in checked.refused:
            case = SubElement(suite, "testcase", classname="judge", name=_clean(problem.where))
            if (place := place_of(problem)) is not None:
                _stands(case, place)
            SubElement(case, "failure", message=_clean(f"{problem.what}; {problem.remedy}"))
    for suite in suites:
        suite.set("tests", str(len(suite)))
        for kind, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            suite.set(plural, str(sum(case.find(kind) is not None for case in suite)))
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _suite(suites: Element, release: str, findings: Sequence[Finding]) -> None:
    suite = SubElement(suites, "testsuite", name=release)
    for identifier, module in rules().items():
        found = [finding for finding in findings if finding.rule == identifier]
        name = f"{identifier} {module.RULE.title}"
        case = SubElement(suite, "testcase", classname=release, name=name)
        if found:
            _stands(case, found[0].place)
            _verdict(case, found)


def _stands(case: Element, place: Place) -> None:
    case.set("file", _clean(place.file))
    case.set("line", str(place.line))


def _verdict(case: Element, found: Sequence[Finding]) -> None:
    against = [each for each in found if each.strictness is Strictness.DENY and each.waiver is None]
    told = "\n".join(f"{each.place}: {each.message}\n  -> {each.remedy}" for each in against or found)
    if against:
        SubElement(case, "failure", message=_clean(against[0].message), type="deny").text = _clean(told)
    elif all(each.waiver is not None for each in found):
        waiver = found[0].waiver
        until = f"waived until {waiver.expires} by {waiver.approver}" if waiver else ""
        SubElement(case, "skipped", message=_clean(until))
    else:
        SubElement(case, "system-out").text = _clean(told)


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(letter for letter in text if letter in "\t\n" or letter >= " ")
