"""Findings as annotations of GitHub Actions: so few that none is dropped, and no text in them is a command.

GitHub shows 10 errors, 10 warnings and 10 notices of a step and drops the others without a word:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from releasectl.checked import STANDING, Checked
from releasectl.errors import Problem
from releasectl.model import Place
from releasectl.policy import Finding, Notice, Strictness

MOST: Final = 10  # of each level
KINDS: Final = {Strictness.DENY: "error", Strictness.WARN: "warning", Strictness.ADVISE: "notice"}


class Annotation(NamedTuple):
    kind: str
    place: Place | None
    title: str
    lines: tuple[str, ...]


def as_annotations(checked: Checked) -> str:
    """The annotations, then all that was found, between marks that make the runner take it for text."""
    from releasectl.report.findings import as_text

    told = as_text(checked)
    token = hashlib.sha256(told.encode()).hexdigest()[:32]
    commands = [_command(each) for kind in KINDS.values() for each in _few(kind, _all(checked))]
    return "\n".join([*commands, f"::stop-commands::{token}", told.rstrip("\n"), f"::{token}::"]) + "\n"


def _all(checked: Checked) -> Iterator[Annotation]:
    for problem in checked.refused:
        yield Annotation("error", place_of(problem), "refused", (problem.what, problem.remedy))
    for fault in checked.faults:
        yield Annotation("error", None, f"the rule {fault.rule} failed", (fault.release, fault.error))
    yield from map(_notice, checked.delta)  # before what only warns: GitHub shows ten
    yield from _findings(checked.findings)
    yield from _findings(checked.standing, standing=True)
    yield from map(_notice, checked.notices)


def _notice(notice: Notice) -> Annotation:
    kind = "error" if notice.wrong else "warning"
    return Annotation(kind, notice.place, "policy", (notice.what, f"to do: {notice.remedy}"))


def _findings(findings: Sequence[Finding], *, standing: bool = False) -> Iterator[Annotation]:
    """One for each rule and release; what is none of this change is a warning."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        if finding.waiver is None and finding.strictness in KINDS:
            kind = "warning" if standing else KINDS[finding.strictness]
            groups.setdefault((finding.release, finding.rule, kind), []).append(finding)
    for (release, rule, kind), found in groups.items():
        title = f"{rule} {release}: {STANDING if standing else found[0].title}"
        lines = (*(finding.message for finding in found), f"to do: {found[0].remedy}")
        yield Annotation(kind, found[0].place, title, lines)


def _few(kind: str, annotations: Iterator[Annotation]) -> Sequence[Annotation]:
    """The last one that GitHub would show tells what the others are about."""
    found = [each for each in annotations if each.kind == kind]
    if len(found) <= MOST:
        return found
    rest = tuple(each.title for each in found[MOST - 1 :])
    return [*found[: MOST - 1], Annotation(kind, None, f"{len(rest)} more: see the log of this step", rest)]


def _command(annotation: Annotation) -> str:
    place = annotation.place
    where = [f"file={_property(place.file)}", f"line={place.line}", f"col={place.column}"] if place else []
    properties = ",".join([*where, f"title={_property(annotation.title)}"])
    return f"::{annotation.kind} {properties}::{_data(chr(10).join(annotation.lines))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def place_of(problem: Problem) -> Place | None:
    """Where a problem stands, if that is file:line:column or a file alone."""
    file, *position = problem.where.split(":")
    numbers = [int(part) for part in position[:2] if part.isdecimal()]
    return Place(file, *numbers) if "/" in file or file.endswith(".yaml") else None
