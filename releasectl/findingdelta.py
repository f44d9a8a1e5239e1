"""What other strictness and other waivers would make of what was found: which findings go, and which come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from releasectl.cases import Circumstances
from releasectl.checked import denied, key
from releasectl.judge import assess
from releasectl.letters import few
from releasectl.model import Place, Rendered, Repository, Source
from releasectl.policy import STRICTNESSES, Finding, Notice
from releasectl.reading import WAIVERS
from releasectl.weights import Weighed, Weight

REVIEW: Final = "the owner of the rules has to agree: see CODEOWNERS"
SHOWN: Final = 10

Policies = Mapping[str, Source | None]


@dataclass(frozen=True, slots=True)
class Sides:
    """The files at `root` as the base judges them, and what it found; `before` tells what a file was."""

    repository: Repository
    root: Path
    rendered: Sequence[Rendered]
    given: Circumstances
    findings: tuple[Finding, ...]
    before: Callable[[str], bytes | None]


def finding_delta(
    sides: Sides, policies: Policies, waivers: Source | None, removed: Collection[str]
) -> Iterator[Weighed]:
    """Findings on the releases as they are that would be gone, milder, waived or new.

    Raises InvalidInput where the judge at hand cannot make anything of the policies or the waivers.
    """
    environments = {
        name: replace(each, policy=policies[name]) for name, each in sides.repository.environments.items()
    }
    repository = replace(sides.repository, environments=environments, waivers=waivers)
    after = assess(repository, sides.rendered, sides.given).findings
    left = {key(finding): finding for finding in after if finding.rule not in removed}
    for finding in sides.findings:
        if verb := _lost(finding, left.get(key(finding))):
            what = f"{verb}: {finding.rule} on {finding.release} ({finding.strictness}: {finding.message})"
            yield Weighed(Weight.FINDING, Notice(finding.place, what, REVIEW), finding.severity)
    yield from _denials(sides, denied(tuple(left.values())), policies)


def _lost(before: Finding, after: Finding | None) -> str:
    if after is None:
        return "would drop a finding"
    if before.waiver is None and after.waiver is not None:
        return "would waive a finding"
    if STRICTNESSES.index(after.strictness) < STRICTNESSES.index(before.strictness):
        return f"would make a finding {after.strictness}"
    return ""


def _denials(sides: Sides, after: Sequence[Finding], policies: Policies) -> Iterator[Weighed]:
    """What would forbid and does not yet, by rule and environment."""
    known = set(map(key, denied(sides.findings)))
    waived = {key(finding) for finding in sides.findings if finding.waiver}
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in after:
        if key(finding) not in known:
            found.setdefault((finding.rule, finding.environment), []).append(finding)
    for (rule, environment), denials in found.items():
        count = f"{len(denials)} finding{'s' if len(denials) != 1 else ''}"
        releases = few(list(dict.fromkeys(finding.release for finding in denials)), SHOWN)
        what = f"would deny {count} of {rule} on what stands: {releases} ({denials[0].message})"
        remedy = f"nothing is applied to {environment} then before they are mended or waived; {REVIEW}"
        policy = policies.get(environment)
        place = policy.place(f"/rules/{rule}") if policy is not None else denials[0].place
        if key(denials[0]) in waived:
            place = Place(WAIVERS)
        yield Weighed(Weight.STRICTER, Notice(place, what, remedy), denials[0].severity)
