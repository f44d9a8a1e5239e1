"""What a check found, whoever judged: the one value that every format tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from releasectl.errors import InvalidInput, PolicyDenied, Problem, RuleFailed
from releasectl.policy import Described, Fault, Finding, Notice, Strictness

STANDING: Final = "stands on the base already, not of this change"


@dataclass(frozen=True, slots=True)
class Checked:
    """`judge` names the revision whose rules judged, if they are not those of the files themselves.

    `delta` is what the files would change about their judge; `refused` is what cannot be judged at all.
    `standing` is what forbids on the base already: releases and an apply, not the merge of these files.
    `rules` are those that judged, as far as their judge tells of them. `stale` are the generated files that
    are not what the files say, where the whole repository was checked.
    """

    releases: tuple[str, ...]
    findings: tuple[Finding, ...]
    faults: tuple[Fault, ...] = ()
    notices: tuple[Notice, ...] = ()
    judge: str = ""
    delta: tuple[Notice, ...] = ()
    standing: tuple[Finding, ...] = ()
    refused: tuple[Problem, ...] = ()
    rules: tuple[Described, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def denied(self) -> tuple[Finding, ...]:
        """The findings that forbid."""
        return denied(self.findings)

    @property
    def ok(self) -> bool:
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """A rule that failed comes first: what it would have found is not known."""
        if self.faults:
            return RuleFailed.exit_code
        if self.refused or denied(self.findings):
            return PolicyDenied.exit_code
        return InvalidInput.exit_code if any(notice.wrong for notice in self.notices) else 0


def denied(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that refuse a release."""
    return tuple(each for each in findings if each.strictness is Strictness.DENY and each.waiver is None)


def key(finding: Finding) -> tuple[str, str, str]:
    """The same for the same finding, whoever judged when."""
    return finding.rule, finding.release, finding.fingerprint


def denials(findings: Sequence[Finding]) -> Iterator[Problem]:
    """Those that refuse a release, each with what a waiver has to name."""
    for each in denied(findings):
        what = f"{each.rule}: {each.message} (fingerprint {each.fingerprint})"
        yield Problem(str(each.place), what, each.remedy)


def failed(faults: Iterable[Fault], remedy: str = "mend the rule's module") -> Iterator[Problem]:
    """Rules that failed, each as a problem: nobody knows what it would have found."""
    for fault in faults:
        yield Problem(f"{fault.rule} {fault.release}".strip(), f"the rule failed: {fault.error}", remedy)
