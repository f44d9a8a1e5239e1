"""The policy delta: what files under judgement would change about their judge, told from data alone.

Their strictness, waivers and revocations are read and tried; their rule modules are parsed and never run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from releasectl import repo
from releasectl.cases import Circumstances, dags
from releasectl.checked import denied, key
from releasectl.enforcement import Enforced, enforced, loosened, wrong_value
from releasectl.errors import InvalidInput, Problem
from releasectl.judge import assess
from releasectl.letters import few, printable
from releasectl.model import Environment, Place, Rendered, Repository, Source
from releasectl.ours import added
from releasectl.pathlaw import Change
from releasectl.pathnames import ENVIRONMENT, JUDGE, shown
from releasectl.policy import STRICTNESSES, Finding, Notice, show
from releasectl.reading import WAIVERS, validated
from releasectl.revocation import FILE as REVOKED
from releasectl.rollbacklane import hours
from releasectl.rulebook import file_of, rules
from releasectl.ruledelta import rule_delta

REVIEW = "the owner of the rules has to agree: see CODEOWNERS"
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Sides:
    """The files at `root` as the base judges them, and what it found."""

    repository: Repository
    root: Path
    rendered: Sequence[Rendered]
    given: Circumstances
    findings: tuple[Finding, ...]


def policy_delta(sides: Sides, changed: Sequence[Change]) -> Iterator[Notice]:
    """What a branch changes about policy, waivers and revocations, and which findings that would cost."""
    yield from _ours(sides)
    if not any(_concerns(change.path) for change in changed):
        return
    removed = {identifier for identifier in rules() if _gone(file_of(identifier), changed)}
    policies, said = _policies(sides)
    waivers = _read(sides.root, WAIVERS, "policies/waivers.schema.json")
    if isinstance(waivers, Notice):
        said.append(waivers)
    else:
        said += _waivers(sides.repository.waivers, waivers)
    said += [*rule_delta(sides.root, changed, sides.findings), *_revocations(sides)]
    yield from said
    waived = sides.repository.waivers if isinstance(waivers, Notice) else waivers
    yield from _findings(sides, policies, waived, removed)
    yield from _others({shown(change.path) for change in changed} - {notice.place.file for notice in said})


def _policies(sides: Sides) -> tuple[dict[str, Source | None], list[Notice]]:
    """The policy of each environment as it would be, and what is less strict in it."""
    policies: dict[str, Source | None] = {}
    said: list[Notice] = []
    for environment in sides.repository.environments.values():
        path = f"environments/{environment.name}/policy.yaml"
        found = _read(sides.root, path, "environments/policy.schema.json")
        if isinstance(found, Notice):
            said.append(found)
            policies[environment.name] = environment.policy
        else:
            policies[environment.name] = found
            said += _strictness(environment, found)
    return policies, said


def _strictness(environment: Environment, policy: Source | None) -> Iterator[Notice]:
    """Every rule that would be less strict in an environment."""
    before = enforced(environment)
    after = {each.rule.id: each for each in enforced(replace(environment, policy=policy))}
    for each in before:
        place = _place(policy, f"/rules/{each.rule.id}", f"environments/{environment.name}/policy.yaml")
        for what in _looser(each, after[each.rule.id]):
            yield Notice(place, f"loosens {each.rule.id} in {environment.name}: {what}", REVIEW)
    old, new = hours(environment), hours(replace(environment, policy=policy))
    if new > old:
        place = _place(policy, "/rollback_hours", f"environments/{environment.name}/policy.yaml")
        what = f"loosens what follows a rollback in {environment.name}: {old} hours become {new}"
        yield Notice(place, what, REVIEW)


def _looser(before: Enforced, after: Enforced) -> Iterator[str]:
    if STRICTNESSES.index(after.strictness) < STRICTNESSES.index(before.strictness):
        yield f"{before.strictness} becomes {after.strictness}"
    if after.waivable and not before.waivable:
        yield "a waiver would hold"
    for parameter in before.rule.parameters:
        old, new = before.parameters[parameter.name], after.parameters[parameter.name]
        if wrong_value(parameter, new) and new != parameter.default:
            yield f"{parameter.name} would be {show(new)}, which it cannot be"
        elif loosened(parameter, old, new):
            yield f"{parameter.name} {show(old)} becomes {show(new)}"


def _waivers(before: Source | None, after: Source | None) -> Iterator[Notice]:
    known = before.data["waivers"] if before else []
    for index, entry in enumerate(after.data["waivers"] if after else []):
        if entry not in known:
            assert after is not None
            what = (
                f"adds a waiver of {entry['rule']} for {entry['environment']}/{entry['release']} until "
                f"{entry['expires']} (asked by {entry['owner']}, approved by {entry['approver']})"
            )
            yield Notice(after.place(f"/waivers/{index}"), what, "it holds once it is merged, not before")


def _revocations(sides: Sides) -> Iterator[Notice]:
    """Those that go, and those that come or change, which take out of service what serves today."""
    found = _read(sides.root, REVOKED, "releases/revoked.schema.json")
    if isinstance(found, Notice):
        yield found
        return
    kept = {entry["commit"] for entry in found.data["revoked"]} if found else set()
    before = {revocation.commit: revocation for revocation in sides.given.revoked or ()}
    for each in sides.repository.revoked:
        told = f"{each.commit} ({each.owner}, {each.date}: {each.reason})"
        if each.commit not in kept:
            remedy = "it stays in force until this is merged; " + REVIEW
            yield Notice(Place(REVOKED), f"takes back the revocation of {told}", remedy)
        elif (known := before.get(each.commit)) != each:
            verb = "rewrites the revocation of" if known else "revokes"
            remedy = f"`releasectl impact {each.commit}` lists what it takes out of service; {REVIEW}"
            yield Notice(each.place, f"{verb} {told}", remedy)


def _findings(
    sides: Sides, policies: Mapping[str, Source | None], waivers: Source | None, removed: set[str]
) -> Iterator[Notice]:
    """Findings on the releases as they are that would be gone, milder or waived."""
    environments = {
        name: replace(each, policy=policies[name]) for name, each in sides.repository.environments.items()
    }
    repository = replace(sides.repository, environments=environments, waivers=waivers)
    try:
        after = assess(repository, sides.rendered, sides.given).findings
    except InvalidInput as error:
        for problem in error.problems:
            yield _unread(problem)
        return
    left = {key(finding): finding for finding in after if finding.rule not in removed}
    for finding in sides.findings:
        other = left.get(key(finding))
        what = f"{finding.rule} on {finding.release} ({finding.strictness}: {finding.message})"
        if other is None:
            yield Notice(finding.place, f"would drop a finding: {what}", REVIEW)
        elif finding.waiver is None and other.waiver is not None:
            yield Notice(finding.place, f"would waive a finding: {what}", REVIEW)
        elif STRICTNESSES.index(other.strictness) < STRICTNESSES.index(finding.strictness):
            yield Notice(finding.place, f"would make a finding {other.strictness}: {what}", REVIEW)
    yield from _denials(sides, denied(tuple(left.values())), policies)


def _denials(
    sides: Sides, after: Sequence[Finding], policies: Mapping[str, Source | None]
) -> Iterator[Notice]:
    """What would forbid and does not yet, by rule and environment, the worst first."""
    known, waived = (
        set(map(key, denied(sides.findings))),
        {key(each) for each in sides.findings if each.waiver},
    )
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in after:
        if key(finding) not in known:
            found.setdefault((finding.rule, finding.environment), []).append(finding)
    for (rule, environment), denials in found.items():
        count = f"{len(denials)} finding{'s' if len(denials) != 1 else ''}"
        releases = few(list(dict.fromkeys(finding.release for finding in denials)), SHOWN)
        what = f"would deny {count} of {rule} on what stands: {releases} ({denials[0].message})"
        remedy = f"nothing is applied to {environment} then before they are mended or waived; {REVIEW}"
        file = f"environments/{environment}/policy.yaml"
        place = (
            Place(WAIVERS)
            if key(denials[0]) in waived
            else _place(policies.get(environment), f"/rules/{rule}", file)
        )
        yield Notice(place, what, remedy)


def _ours(sides: Sides) -> Iterator[Notice]:
    """What more would count as made by us: who widens that could name an image of their own."""
    if sides.given.ours is not None:
        for file, what in added(dags(sides.repository, sides.rendered), sides.given.ours):
            remedy = "it counts once it is merged, not before: a release of what it makes comes after that"
            yield Notice(Place(file), f"adds to what counts as ours {printable(what)}", remedy)


def _others(paths: set[str]) -> Iterator[Notice]:
    """Changes of the judge of which nothing else is told, and of where releases go."""
    found = [path for path in sorted(paths) if _concerns(path) and path != REVOKED]
    if found:
        what = f"changes engine, schemas, workflows or environments: {few(found, SHOWN)}"
        yield Notice(Place(found[0]), what, "read it as code that decides what may serve")


def _concerns(path: str) -> bool:
    return bool(JUDGE.fullmatch(path) or ENVIRONMENT.fullmatch(path)) or path == REVOKED


def _gone(path: str, changed: Sequence[Change]) -> bool:
    return any(change.path == path and change.gone for change in changed)


def _read(root: Path, path: str, schema: str) -> Source | Notice | None:
    """Leniently: what this engine cannot read may be meant for the next one."""
    if not (root / path).is_file():
        return None
    content = repo.read(root, path)
    found: Source | Sequence[Problem] = (
        (content,) if isinstance(content, Problem) else validated(path, content, schema)
    )
    return found if isinstance(found, Source) else _unread(found[0])


def _unread(problem: Problem) -> Notice:
    file, *position = problem.where.split(":")
    place = Place(file, *(int(part) for part in position[:2] if part.isdigit()))
    return Notice(place, f"cannot be read by the base: {problem.what}", problem.remedy)


def _place(source: Source | None, pointer: str, file: str) -> Place:
    return source.place(pointer) if source is not None else Place(file)
