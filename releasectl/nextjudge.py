"""The judge that a branch would leave behind: one that can read nothing lets nothing pass, nor its remedy.

Told from data alone, since nothing of a branch is imported: modules are parsed, policies and waivers read. A
rule that raises is found by `make check` of the branch itself, which runs it.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from releasectl import repo
from releasectl.enforcement import wrong_entry
from releasectl.errors import Problem
from releasectl.findingdelta import Sides
from releasectl.letters import printable
from releasectl.model import Environment, Json, Source
from releasectl.pathlaw import Change
from releasectl.pathnames import ENVIRONMENT, JUDGE, shown
from releasectl.policy import RuleModule
from releasectl.reading import WAIVERS, validated
from releasectl.rulebook import file_of, rules
from releasectl.ruledelta import record
from releasectl.schema import did_you_mean
from releasectl.yamlsource import parse

POLICY_SCHEMA: Final = "environments/policy.schema.json"
WAIVERS_SCHEMA: Final = "policies/waivers.schema.json"
Environments = Callable[[], Collection[str]]

MERGED: Final = "merged, it would stop every check and every apply"


def faults(sides: Sides, changed: Sequence[Change], environments: Environments) -> Iterator[Problem]:
    """Why what `changed` leaves could not judge; `environments` are those of the base.

    What the branch has no part in counts as the base has it: the branch may be older.
    """
    touched = {change.path: change for change in changed}
    if not any(JUDGE.fullmatch(path) or ENVIRONMENT.fullmatch(path) for path in touched):
        return
    texts: dict[str, str] = {}
    for path, found in _modules(sides, changed):
        if isinstance(found, Problem):
            yield found
        else:
            texts[path] = found
    yield from _of_schemas(sides, changed)
    yield from _of_rules(texts, touched)
    after = _after(sides, touched, texts, environments())
    for environment in sides.repository.environments.values():
        path = f"environments/{environment.name}/policy.yaml"
        policy = _read(sides, touched, path, POLICY_SCHEMA, environment.policy)
        if isinstance(policy, Source):
            yield from _of_policy(after, environment, policy, _before(sides, touched, policy).get("rules"))
        else:
            yield from policy
    waivers = _read(sides, touched, WAIVERS, WAIVERS_SCHEMA, sides.repository.waivers)
    if isinstance(waivers, Source):
        yield from _of_waivers(after, waivers, _before(sides, touched, waivers).get("waivers"))
    else:
        yield from waivers


@dataclass(frozen=True, slots=True)
class _After:
    """What there would be, and what the branch takes away."""

    rules: frozenset[str]
    environments: frozenset[str]
    gone: frozenset[str]
    unchanged: Mapping[str, RuleModule]


def _modules(sides: Sides, changed: Sequence[Change]) -> Iterator[tuple[str, str | Problem]]:
    """The Python of the judge that differs, as text, or why Python could not load it."""
    for change in changed:
        if change.gone or not change.path.endswith(".py") or not JUDGE.fullmatch(change.path):
            continue
        content = repo.read(sides.root, change.path)
        if isinstance(content, Problem):
            yield change.path, content
            continue
        try:
            ast.parse(content)
            yield change.path, content.decode()
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            what = f"is no module: {printable(str(error) or type(error).__name__)}; {MERGED}"
            yield change.path, Problem(shown(change.path), what, "mend it: `make check` runs it")


def _of_schemas(sides: Sides, changed: Sequence[Change]) -> Iterator[Problem]:
    """Schemas that no engine could load; what they ask for is not tried: their files may come along."""
    for change in changed:
        if change.gone or not change.path.endswith(".schema.json"):
            continue
        content = repo.read(sides.root, change.path)
        try:
            sound = isinstance(content, bytes) and isinstance(json.loads(content), dict)
        except (ValueError, RecursionError):
            sound = False
        if not sound:
            yield Problem(shown(change.path), f"is no schema: no object of JSON; {MERGED}", "mend it")


def _of_rules(texts: Mapping[str, str], touched: Mapping[str, Change]) -> Iterator[Problem]:
    """Modules that the rulebook would not take."""
    ids = {identifier: path for identifier in rules() if (path := file_of(identifier)) not in touched}
    for path, text in texts.items():
        if not _is_rule(path):
            continue
        identifier = record(text).get("id")
        if not isinstance(identifier, str):
            what = "has no `RULE = Rule(id=...)` with the id as text, as every module of policies/ has"
            remedy = "write it so; or put the module elsewhere, if it is no rule"
            yield Problem(shown(path), f"{what}; {MERGED}", remedy)
        elif (other := ids.setdefault(identifier, path)) != path:
            what = f"{printable(identifier)} is also the id of {other}; {MERGED}"
            yield Problem(shown(path), what, "give it another id")


def _after(
    sides: Sides, touched: Mapping[str, Change], texts: Mapping[str, str], environments: Collection[str]
) -> _After:
    files = {file_of(identifier): identifier for identifier in rules()}
    kept = {identifier for path, identifier in files.items() if path not in touched}
    found = {str(record(text).get("id")) for path, text in texts.items() if _is_rule(path)}
    # What cannot be parsed is told itself, and not at each place that names it.
    broken = {path for path, change in touched.items() if not change.gone} - texts.keys()
    found |= {files[path] for path in broken & files.keys()}
    lost = {path.split("/")[1] for path in touched if touched[path].gone and ENVIRONMENT.fullmatch(path)}
    there = ({*environments} | {*sides.repository.environments}) - lost
    return _After(
        rules=frozenset(kept | found),
        environments=frozenset(there),
        gone=frozenset({*files.values()} - kept - found) | frozenset(lost),
        unchanged={identifier: rules()[identifier] for identifier in kept},
    )


def _is_rule(path: str) -> bool:
    return path.startswith("policies/") and not path.endswith("/__init__.py")


def _read(
    sides: Sides, touched: Mapping[str, Change], path: str, schema: str, before: Source | None
) -> Source | tuple[Problem, ...]:
    """The file as it would be; one that comes with its schema is read by nobody but the next engine."""
    if path not in touched:
        return before or ()
    if touched[path].gone:
        return ()
    content = repo.read(sides.root, path)
    found = (content,) if isinstance(content, Problem) else validated(path, content, schema)
    if isinstance(found, Source):
        return found
    if schema in touched:
        return ()
    return tuple(replace(each, what=f"{each.what}; {MERGED}") for each in found)


def _of_policy(after: _After, environment: Environment, policy: Source, before: Json) -> Iterator[Problem]:
    """Entries that the branch writes, and those of rules that it takes away."""
    known = before if isinstance(before, dict) else {}
    for identifier, entry in policy.data["rules"].items():
        if known.get(identifier) == entry and identifier not in after.gone:
            continue
        if identifier not in after.rules:
            what = f"there would be no rule `{identifier}`; {MERGED}"
            remedy = "take the line out of policy.yaml in the same pull request"
            if identifier not in after.gone:
                remedy = did_you_mean(identifier, after.rules)
            yield Problem(str(policy.place(f"/rules/{identifier}#")), what, remedy)
        elif identifier in after.unchanged:
            for wrong in wrong_entry(after.unchanged[identifier].RULE, policy, environment.name):
                yield replace(wrong, what=f"{wrong.what}; {MERGED}")


def _of_waivers(after: _After, waivers: Source, before: Json) -> Iterator[Problem]:
    """The same of waivers, and those for an environment that the branch takes away."""
    known = before if isinstance(before, list) else []
    for index, entry in enumerate(waivers.data["waivers"]):
        for key, there in (("rule", after.rules), ("environment", after.environments)):
            name = entry[key]
            if name in there or (entry in known and name not in after.gone):
                continue
            what = f"a waiver for the {key} `{name}`, which would not exist; {MERGED}"
            remedy = "take the waiver out in the same pull request"
            if name not in after.gone:
                remedy = did_you_mean(name, there)
            yield Problem(str(waivers.place(f"/waivers/{index}/{key}")), what, remedy)


def _before(sides: Sides, touched: Mapping[str, Change], now: Source) -> Mapping[str, Json]:
    """A file as it was where the branch left the base."""
    found = parse(now.file, sides.before(now.file) or b"") if now.file in touched else now
    data: Mapping[str, Json] = found.data if isinstance(found, Source) else {}
    return data if isinstance(data, dict) else {}
