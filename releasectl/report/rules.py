"""The rules as a catalogue: a table of all of them per environment, and the page of one."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from releasectl.enforcement import enforced_one
from releasectl.model import Environment, Json
from releasectl.plain import plain
from releasectl.policy import Rule, show
from releasectl.report import rulepage
from releasectl.report.console import grid, indented, text
from releasectl.report.envelope import envelope
from releasectl.rulebook import book, described, file_of, page, rule, rules
from releasectl.ruletable import Environments, levels


def as_text(environments: Environments) -> str:
    """Every rule with how strict each environment is."""
    names = sorted(environments)
    listing = grid("bold", "", "", *("" for _ in names))
    listing.add_row("rule", "title", "severity", *names)
    for identifier, each in rules().items():
        found = each.RULE
        chosen = levels(identifier, environments, names)
        listing.add_row(identifier, found.title, str(found.severity), *chosen)
    hint = Text("one of them in full: releasectl rules --explain ID", style="dim")
    return text(listing, "", hint)


def as_json(environments: Environments) -> str:
    found, faults = [record(identifier, environments) for identifier in rules()], book().faults
    return envelope("rules", ok=not faults, version=1, rules=found, faults=faults)


def explained(identifier: str, environments: Environments) -> str:
    """The page of one rule, for a terminal; what is too long for a line goes on below its beginning."""
    lines = [*rulepage.as_text(described(identifier)).splitlines(), ""]
    lines += _in_environments(identifier, environments)
    return text(*(indented(Text(line.lstrip()), len(line) - len(line.lstrip())) for line in lines))


def page_markdown(identifier: str, environments: Environments) -> str:
    """The page of one rule, as a page."""
    told = "\n".join(f"- {line}" for line in _in_environments(identifier, environments))
    return f"{rulepage.as_markdown(described(identifier))}\n\n## Environments\n\n{told}"


def record(identifier: str, environments: Environments) -> Json:
    """A rule as JSON: its record, its page, and what each environment makes of it."""
    found = rule(identifier)
    return {
        **plain(found),
        "rationale": page(identifier),
        "file": file_of(identifier),
        "environments": {name: _enforced(found, each) for name, each in sorted(environments.items())},
    }


def explained_json(identifier: str, environments: Environments) -> str:
    return envelope("rules", ok=True, version=1, rule=record(identifier, environments))


def _in_environments(identifier: str, environments: Environments) -> Iterator[str]:
    for name, environment in sorted(environments.items()):
        found = enforced_one(environment, identifier)
        other = {
            parameter.name: found.parameters[parameter.name]
            for parameter in found.rule.parameters
            if plain(found.parameters[parameter.name]) != plain(parameter.default)
        }
        told = "".join(f", {key}: {show(value)}" for key, value in other.items())
        firm = "" if found.waivable else ", no waiver holds"
        yield f"In {name}: {found.strictness}{told}{firm}"


def _enforced(found: Rule, environment: Environment) -> Json:
    each = enforced_one(environment, found.id)
    return {
        "strictness": str(each.strictness),
        "parameters": plain(each.parameters),
        "waivable": each.waivable,
    }
