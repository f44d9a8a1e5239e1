"""The policy delta: what files under judgement would change about their judge, told from data alone.

Their strictness, waivers and revocations are read and tried; their rule modules are parsed and never run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from releasectl import repo
from releasectl.cases import dags
from releasectl.enforcement import Enforced, enforced, loosened, wrong_value
from releasectl.errors import InvalidInput, Problem
from releasectl.findingdelta import REVIEW, SHOWN, Sides, finding_delta
from releasectl.letters import few, printable
from releasectl.model import Environment, Json, Place, Revocation, Source
from releasectl.ours import added
from releasectl.pathlaw import Change
from releasectl.pathnames import ENVIRONMENT, JUDGE, shown
from releasectl.policy import STRICTNESSES, Notice, Severity, show
from releasectl.reading import WAIVERS, validated
from releasectl.redirects import redirects
from releasectl.revocation import FILE as REVOKED
from releasectl.rollbacklane import hours
from releasectl.rulebook import file_of, rules
from releasectl.ruledelta import rule_delta
from releasectl.weights import Weighed, Weight, worst_first

MOST: Final = 3  # waivers of one rule that are told one by one


def policy_delta(sides: Sides, changed: Sequence[Change]) -> list[Notice]:
    """What a branch changes about policy, waivers and revocations, and which findings that would cost."""
    found = [*_ours(sides)]
    if any(_concerns(change.path) for change in changed):
        found += _of_the_judge(sides, changed)
    return worst_first(found)


def _of_the_judge(sides: Sides, changed: Sequence[Change]) -> list[Weighed]:
    removed = {identifier for identifier in rules() if _gone(file_of(identifier), changed)}
    new = {change.path for change in changed if not change.known}
    policies, found = _policies(sides, new)
    waivers = _read(sides.root, WAIVERS, "policies/waivers.schema.json")
    if isinstance(waivers, Notice):
        found.append(Weighed(Weight.RULE, waivers))
        waived = sides.repository.waivers
    else:
        found += _waivers(sides.repository.waivers, waivers)
        waived = waivers
    found += rule_delta(sides.root, changed, sides.findings)
    if any(change.path == REVOKED for change in changed):
        found += _revocations(sides)
    found += redirects(sides.root, sides.before, changed)
    try:
        lost = list(finding_delta(sides, policies, waived, removed))
    except InvalidInput as error:
        lost = [Weighed(Weight.RULE, notice) for notice in _untried(error.problems)]
    told = {each.notice.place.file for each in found}
    return [*found, *lost, *_others({shown(change.path) for change in changed} - told)]


def _policies(sides: Sides, new: Collection[str]) -> tuple[dict[str, Source | None], list[Weighed]]:
    """The policy of each environment as it would be, and what is less strict in it; a new one had none."""
    policies: dict[str, Source | None] = {}
    said: list[Weighed] = []
    for environment in sides.repository.environments.values():
        path = f"environments/{environment.name}/policy.yaml"
        weight = Weight.OTHER if environment.source.file in new else Weight.RULE
        found = _read(sides.root, path, "environments/policy.schema.json")
        if isinstance(found, Notice):
            said.append(Weighed(weight, found))
            policies[environment.name] = environment.policy
        else:
            policies[environment.name] = found
            said += _strictness(environment, found, weight)
    return policies, said


def _strictness(environment: Environment, policy: Source | None, weight: Weight) -> Iterator[Weighed]:
    """Every rule that would be less strict in an environment."""
    before = enforced(environment)
    after = {each.rule.id: each for each in enforced(replace(environment, policy=policy))}
    for each in before:
        place = _place(policy, f"/rules/{each.rule.id}", f"environments/{environment.name}/policy.yaml")
        for what in _looser(each, after[each.rule.id]):
            notice = Notice(place, f"loosens {each.rule.id} in {environment.name}: {what}", REVIEW)
            yield Weighed(weight, notice, each.rule.severity)
    old, new = hours(environment), hours(replace(environment, policy=policy))
    if new > old:
        place = _place(policy, "/rollback_hours", f"environments/{environment.name}/policy.yaml")
        what = f"loosens what follows a rollback in {environment.name}: {old} hours become {new}"
        yield Weighed(weight, Notice(place, what, REVIEW), Severity.CRITICAL)


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


def _waivers(before: Source | None, after: Source | None) -> Iterator[Weighed]:
    """Those that come; of many for one rule, how many they are."""
    known = before.data["waivers"] if before else []
    new: dict[str, list[tuple[Place, Json]]] = {}
    for index, entry in enumerate(after.data["waivers"] if after else []):
        if entry not in known:
            assert after is not None
            new.setdefault(entry["rule"], []).append((after.place(f"/waivers/{index}"), entry))
    for rule, entries in new.items():
        severity = rules()[rule].RULE.severity if rule in rules() else Severity.INFO
        told = [(place, _one(entry)) for place, entry in entries]
        if len(entries) > MOST:
            told = [(entries[0][0], _many(rule, [entry for _, entry in entries]))]
        for place, what in told:
            notice = Notice(place, f"adds {what}", "it holds once it is merged, not before")
            yield Weighed(Weight.WAIVER, notice, severity)


def _one(entry: Json) -> str:
    return (
        f"a waiver of {entry['rule']} for {entry['environment']}/{entry['release']} until "
        f"{entry['expires']} (asked by {entry['owner']}, approved by {entry['approver']})"
    )


def _many(rule: str, entries: Sequence[Json]) -> str:
    releases = list(dict.fromkeys(f"{each['environment']}/{each['release']}" for each in entries))
    approvers = few(sorted({each["approver"] for each in entries}))
    last = max(each["expires"] for each in entries)
    return (
        f"{len(entries)} waivers of {rule} for {few(releases)} until {last} at the latest "
        f"(approved by {approvers})"
    )


def _revocations(sides: Sides) -> Iterator[Weighed]:
    """Those that go, and those that come or change, which take out of service what serves today."""
    found = _read(sides.root, REVOKED, "releases/revoked.schema.json")
    if isinstance(found, Notice):
        yield Weighed(Weight.REVOCATION, found)
        return
    kept = {entry["commit"] for entry in found.data["revoked"]} if found else set()
    before = {revocation.commit: revocation for revocation in sides.given.revoked or ()}
    for each in sides.repository.revoked:
        told = f"{each.commit} ({each.owner}, {each.date}: {each.reason})"
        if each.commit not in kept:
            remedy = "it stays in force until this is merged; " + REVIEW
            notice = Notice(Place(REVOKED), f"takes back the revocation of {told}", remedy)
            yield Weighed(Weight.REVOCATION, notice)
        elif (known := before.get(each.commit)) is None:
            yield Weighed(Weight.OTHER, Notice(each.place, f"revokes {told}", _out_of_service(each)))
        elif known != each:
            if known.sha256 and known.sha256 != each.sha256:
                yield Weighed(Weight.REVOCATION, _bytes_taken_back(known, each))
                known = replace(known, sha256=each.sha256)
            if known != each:
                what = f"rewrites the revocation of {told}"
                yield Weighed(Weight.OTHER, Notice(each.place, what, _out_of_service(each)))


def _bytes_taken_back(before: Revocation, after: Revocation) -> Notice:
    """Another digest is that of other data: whoever uploads these once more gets another commit."""
    now = f"it becomes {after.sha256}" if after.sha256 else "it goes"
    what = f"takes back the sha256 of the revocation of {after.commit}, {before.sha256}: {now}"
    remedy = f"the same bytes may serve under another commit once this is merged, not before; {REVIEW}"
    return Notice(after.place, what, remedy)


def _out_of_service(revocation: Revocation) -> str:
    return f"`releasectl impact {revocation.commit}` lists what it takes out of service; {REVIEW}"


def _ours(sides: Sides) -> Iterator[Weighed]:
    """What more would count as made by us: who widens that could name an image of their own."""
    if sides.given.ours is not None:
        names: dict[str, list[str]] = {}
        for file, what in added(dags(sides.repository, sides.rendered), sides.given.ours):
            names.setdefault(file, []).append(printable(what))
        for file, more in names.items():
            remedy = "it counts once it is merged, not before: a release of what it makes comes after that"
            notice = Notice(Place(file), f"adds to what counts as ours {few(more, SHOWN)}", remedy)
            yield Weighed(Weight.REACH, notice)


def _others(paths: set[str]) -> Iterator[Weighed]:
    """Changes of the judge of which nothing else is told, and of where releases go."""
    found = [path for path in sorted(paths) if _concerns(path) and path != REVOKED]
    if found:
        what = f"changes engine, schemas, workflows or environments: {few(found, SHOWN)}"
        notice = Notice(Place(found[0]), what, "read it as code that decides what may serve")
        yield Weighed(Weight.OTHER, notice)


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


def _untried(problems: Sequence[Problem]) -> Iterator[Notice]:
    """Nobody knows which findings would be left; so many problems must not hide what is known."""
    yield from map(_unread, problems[:MOST])
    if rest := problems[MOST:]:
        first = _unread(rest[0])
        yield replace(first, what=f"cannot be read by the base in {len(rest)} more places")


def _unread(problem: Problem) -> Notice:
    file, *position = problem.where.split(":")
    place = Place(file, *(int(part) for part in position[:2] if part.isdigit()))
    return Notice(place, f"cannot be read by the base: {problem.what}", problem.remedy)


def _place(source: Source | None, pointer: str, file: str) -> Place:
    return source.place(pointer) if source is not None else Place(file)
