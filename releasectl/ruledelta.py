"""Rule modules that differ: what their records say, read as text and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from releasectl import repo
from releasectl.enforcement import loosened, wrong_value
from releasectl.errors import Problem
from releasectl.letters import printable
from releasectl.model import Json, Place
from releasectl.pathlaw import Change
from releasectl.pathnames import shown
from releasectl.policy import SEVERITIES, STRICTNESSES, Finding, Notice, Rule, Severity, Strictness, show
from releasectl.rulebook import file_of, rules
from releasectl.weights import Weighed, Weight

REVIEW: Final = "read the module: the base has not run it, and judges without it"
DYNAMIC: Final = object()  # what only running the module could tell


def rule_delta(root: Path, changed: Sequence[Change], findings: Sequence[Finding]) -> Iterator[Weighed]:
    """Rules that a branch adds, removes or edits, and the findings of the base that rest on them."""
    known = {file_of(identifier): identifier for identifier in rules()}
    for change in changed:
        if not change.path.startswith("policies/") or not change.path.endswith(".py"):
            continue
        identifier, place = known.get(change.path), Place(shown(change.path))
        if identifier is None:
            what = "changes a module that is no rule" if change.known else "adds a rule module"
            yield Weighed(Weight.RULE if change.known else Weight.OTHER, Notice(place, what, REVIEW))
            continue
        count = sum(finding.rule == identifier for finding in findings)
        rest = f"{count} finding{'s' if count != 1 else ''} of the base rest{'s' if count == 1 else ''} on it"
        rule = rules()[identifier].RULE
        verb = "removes" if change.gone else "edits"
        notices = [] if change.gone else _record(root, change.path, rule)
        for notice in (*notices, Notice(place, f"{verb} the rule {identifier}: {rest}", REVIEW)):
            yield Weighed(Weight.RULE, notice, rule.severity)


def _record(root: Path, path: str, before: Rule) -> Iterator[Notice]:
    content = repo.read(root, path)
    try:
        found = {} if isinstance(content, Problem) else record(content.decode())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = str(error) or type(error).__name__  # nested too deeply for the parser, say
        yield Notice(Place(path), f"is no module: {printable(why)}", REVIEW)
        return
    for what in _looser(before, found):
        yield Notice(Place(path), f"loosens {before.id}: {what}", REVIEW)


def _looser(before: Rule, found: Mapping[str, object]) -> Iterator[str]:
    if found.get("id", before.id) != before.id:
        yield f"its id becomes {_shown(found['id'])}"
    severity, default = found.get("severity"), found.get("default")
    if isinstance(severity, Severity) and SEVERITIES.index(severity) < SEVERITIES.index(before.severity):
        yield f"severity {before.severity} becomes {severity}"
    if isinstance(default, Strictness) and STRICTNESSES.index(default) < STRICTNESSES.index(before.default):
        yield f"default {before.default} becomes {default}"
    if before.fixed and found.get("fixed", False) is not True:
        yield "an environment could make it less strict"
    kept = found.get("unwaivable", ())
    if isinstance(kept, tuple) and (lost := [name for name in before.unwaivable if name not in kept]):
        yield f"a waiver would hold in {', '.join(lost)}"
    defaults = found.get("parameters")
    if isinstance(defaults, dict):
        for parameter in before.parameters:
            new = defaults.get(parameter.name, parameter.default)
            if new is DYNAMIC or new == parameter.default:
                continue
            if wrong_value(parameter, list(new) if isinstance(new, tuple) else new):
                yield f"{parameter.name} would be {show(new)}, which it cannot be"
            elif loosened(parameter, parameter.default, new):
                yield f"{parameter.name} {show(parameter.default)} becomes {show(new)}"


def _shown(value: object) -> str:
    return "what only running the module could tell" if value is DYNAMIC else show(value)


def record(text: str) -> dict[str, object]:
    """The keywords of `RULE = Rule(...)` in a module, as far as they are literals."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if "RULE" in names:
                return {word.arg: _value(word.arg, word.value) for word in node.value.keywords if word.arg}
    return {}


def _value(name: str, node: ast.expr) -> object:
    if name in ("severity", "default") and isinstance(node, ast.Attribute):
        table: Mapping[str, object] = {**Severity.__members__, **Strictness.__members__}
        return table.get(node.attr, DYNAMIC)
    if name == "parameters":
        items = node.elts if isinstance(node, ast.Tuple) else []
        calls = [item for item in items if isinstance(item, ast.Call) and len(item.args) > 1]
        return {str(_literal(call.args[0])): _literal(call.args[1]) for call in calls} if calls else DYNAMIC
    return _literal(node)


def _literal(node: ast.expr) -> Json:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):  # no literal, or one that cannot be made
        return DYNAMIC
