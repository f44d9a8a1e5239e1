"""The evidence in a lock, checked against the schemas that the trainers write it by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Final

from releasectl.model import Json, Lock, Missing
from releasectl.recount import Contradiction, contradictions
from releasectl.schema import Checker, checker, schema
from releasectl.wording import Said, explain

# name in the lock -> file in the commit, whose schema is trainers/schemas/<stem>.schema.json
KINDS: Final[Mapping[str, str]] = {
    "metrics": "metrics.json",
    "groups": "groups.json",
    "profile": "data-profile.json",
    "card": "card.yaml",
    "placements": "placements.json",
}


class Evidence(dict[str, Json | Missing]):
    """Every kind of evidence of a lock: what a rule may rely on, or why it may not."""

    @cached_property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """What its own counts do not bear out, if all of it is there; many releases may serve one lock."""
        return tuple(contradictions(self))


def documents(lock: Lock) -> Evidence:
    """The evidence of a lock, held against its schemas."""
    return Evidence({name: _document(lock, name) for name in KINDS})


def _document(lock: Lock, name: str) -> Json | Missing:
    if name not in lock.evidence:
        return Missing(f"the lock has no evidence called {name}")
    found = lock.evidence[name]
    if not checker_of(name).accept(found) and next(faults(lock, name), None):
        return Missing(f"the evidence called {name} breaks its schema: EVID-001 says where")
    return found


def faults(lock: Lock, name: str) -> Iterator[Said]:
    """Everything that the schema has against it, as (pointer, what, remedy)."""
    for error in checker_of(name).validator.iter_errors(lock.evidence[name]):
        yield from explain(error)


@cache
def checker_of(name: str) -> Checker:
    """What checks one kind of evidence, by the schema of the trainers."""
    return checker(schema(f"trainers/schemas/{KINDS[name].partition('.')[0]}.schema.json"), {})
