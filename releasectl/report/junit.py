"""Findings as JUnit XML, which every CI server shows: a suite per release, a case per rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from releasectl.checked import STANDING, Checked, denied
from releasectl.errors import Problem
from releasectl.model import Place
from releasectl.policy import Finding, Notice
from releasectl.report.annotations import place_of

# https://www.w3.org/TR/xml/#charsets
_NO_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(checked: Checked) -> str:
    """Denied is failed; waived, or off, is skipped; what only warns passes and says so.

    The rules are those of the judge, whoever runs this: also one that the files have not any more.
    """
    suites = Element("testsuites", name="releasectl check")
    faulty = [fault.release for fault in checked.faults if fault.release]
    others = [finding.release for finding in (*checked.findings, *checked.standing)] + faulty
    for release in dict.fromkeys([*checked.releases, *others]):
        _suite(suites, release, checked)
    _judge(suites, checked)
    _notices(suites, "what this changes about the judge", checked.delta)
    _notices(suites, "waivers, rollbacks and revocations", checked.notices)
    for suite in suites:
        suite.set("tests", str(len(suite)))
        for kind, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            suite.set(plural, str(sum(case.find(kind) is not None for case in suite)))
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _suite(suites: Element, release: str, checked: Checked) -> None:
    """What is no release, as the data that trains, was looked at by those rules alone that say something."""
    suite = SubElement(suites, "testsuite", name=release)
    errors = {fault.rule: fault.error for fault in checked.faults if fault.release == release}
    findings = [each for each in (*checked.findings, *checked.standing) if each.release == release]
    judging = checked.rules if release in checked.releases else ()
    off = {each.rule.id for each in judging if release.partition("/")[0] in each.off}
    titles = {finding.rule: finding.title for finding in findings}
    titles |= {each.rule.id: each.rule.title for each in checked.rules}
    asked = [each.rule.id for each in judging]
    for rule in dict.fromkeys([*asked, *errors, *(finding.rule for finding in findings)]):
        found = [finding for finding in findings if finding.rule == rule]
        name = f"{rule} {titles.get(rule, '')}".strip()
        case = SubElement(suite, "testcase", classname=release, name=name)
        if found:
            _stands(case, found[0].place)
        if rule in errors:
            SubElement(case, "error", message=_clean(errors[rule])).text = _told(found)
        elif found:
            _verdict(case, found, checked.standing)
        elif rule in off:
            SubElement(case, "skipped", message="is off here")


def _stands(case: Element, place: Place) -> None:
    case.set("file", _clean(place.file))
    case.set("line", str(place.line))


def _verdict(case: Element, found: Sequence[Finding], standing: Sequence[Finding]) -> None:
    against = [each for each in denied(found) if each not in standing]
    if against:
        failure = SubElement(case, "failure", message=_clean(against[0].message), type="deny")
        failure.text = _told(against)
    elif any(each in standing for each in found):
        SubElement(case, "skipped", message=STANDING).text = _told(found)
    elif all(each.waiver is not None for each in found):
        waiver = found[0].waiver
        until = f"waived until {waiver.expires} by {waiver.approver}" if waiver else ""
        SubElement(case, "skipped", message=_clean(until))
    else:
        SubElement(case, "system-out").text = _told(found)


def _told(found: Sequence[Finding]) -> str:
    return _clean("\n".join(f"{each.place}: {each.message}\n  -> {each.remedy}" for each in found))


def _judge(suites: Element, checked: Checked) -> None:
    """Modules that cannot be loaded, and what is refused."""
    faults = [fault for fault in checked.faults if not fault.release]
    if not faults and not checked.refused:
        return
    suite = SubElement(suites, "testsuite", name="the judge")
    for fault in faults:
        case = SubElement(suite, "testcase", classname="judge", name=_clean(fault.rule))
        SubElement(case, "error", message=_clean(fault.error))
    for problem in checked.refused:
        _refused(suite, problem)


def _refused(suite: Element, problem: Problem) -> None:
    case = SubElement(suite, "testcase", classname="judge", name=_clean(problem.where))
    if (place := place_of(problem)) is not None:
        _stands(case, place)
    SubElement(case, "failure", message=_clean(f"{problem.what}; {problem.remedy}"))


def _notices(suites: Element, title: str, notices: Sequence[Notice]) -> None:
    """One that is wrong has failed; the others are to be read."""
    if not notices:
        return
    suite = SubElement(suites, "testsuite", name=title)
    for notice in notices:
        case = SubElement(suite, "testcase", classname=title, name=_clean(f"{notice.place}: {notice.what}"))
        _stands(case, notice.place)
        if notice.wrong:
            SubElement(case, "failure", message=_clean(f"{notice.what}; {notice.remedy}"))
        else:
            SubElement(case, "system-out").text = _clean(notice.remedy)


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return _NO_XML.sub("", text)
