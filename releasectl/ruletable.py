"""The table of rules and environments in policies/README.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from releasectl.enforcement import strictness
from releasectl.model import Environment
from releasectl.rulebook import file_of, rules

README: Final = "policies/README.md"
BEGIN: Final = "<!-- rules: written by `releasectl render` -->"
END: Final = "<!-- /rules -->"

Environments = Mapping[str, Environment]


def as_markdown(environments: Environments) -> str:
    """The table of policies/README.md."""
    names = sorted(environments)
    head = ["rule", "title", "severity", *names, "waivable", "owner"]
    lines = [head, ["---"] * len(head)]
    for identifier, each in rules().items():
        found = each.RULE
        link = f"[{identifier}]({file_of(identifier).removeprefix('policies/')})"
        chosen = levels(identifier, environments, names)
        lines.append([link, found.title, str(found.severity), *chosen, found.waivable, found.owner])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def with_table(readme: str, environments: Environments) -> str:
    """The README with its table brought up to date; the rest is written by people."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{as_markdown(environments)}\n{END}{after}"


def levels(identifier: str, environments: Environments, names: Sequence[str]) -> list[str]:
    """The rule's strictness in each of the named environments."""
    return [str(strictness(environments[name], identifier)) for name in names]
