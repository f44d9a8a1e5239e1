"""Checks a `Source` against a JSON Schema: a quick yes, or every fault with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from releasectl.accept import Accept, Lookup, compiled, matcher
from releasectl.errors import Problem
from releasectl.model import Json, Source
from releasectl.repo import ENGINE
from releasectl.wording import Said, as_written, did_you_mean, explain
from releasectl.yamlsource import MOST, enough

if TYPE_CHECKING:  # jsonschema takes longer to import than a good file to check
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

__all__ = ["Checker", "Schema", "checker", "did_you_mean", "problems", "schema"]

Schema = Mapping[str, Json]


@cache
def schema(path: str) -> Schema:
    """A schema of this engine, by its path in the repository."""
    content: Schema = json.loads((ENGINE / path).read_text(encoding="utf-8"))
    return content


@dataclass(frozen=True)
class Checker:
    """A schema in two forms: `accept` says a quick yes, `validator` finds every fault."""

    accept: Accept
    content: Schema
    others: Mapping[str, Schema]

    @cached_property
    def validator(self) -> Validator:
        from referencing import Registry, Resource

        resources = [(name, Resource.from_contents(other)) for name, other in self.others.items()]
        found: Validator = _validator()(self.content, registry=Registry().with_resources(resources))
        return found


def checker(content: Schema, others: Mapping[str, Schema]) -> Checker:
    """`others` are the schemas that `content` may refer to, by file name."""

    def lookup_in(document: Schema) -> Lookup:
        def lookup(reference: str) -> tuple[Json, Lookup]:
            file, _, pointer = reference.partition("#")
            base = others[file] if file else document
            part: Json = base
            for step in filter(None, pointer.split("/")):
                part = part[step]
            return part, lookup_in(base)

        return lookup

    return Checker(compiled(content, lookup_in(content)), content, others)


def problems(source: Source, check: Checker) -> tuple[Problem, ...]:
    """Everything that the schema has against the file, in the order of the file; of very much the first."""
    if check.accept(source.data):
        return ()
    found: dict[Said, None] = {}
    for each in chain.from_iterable(map(explain, check.validator.iter_errors(source.data))):
        found[each] = None
        if len(found) > MOST:
            break
    placed = sorted((source.place(pointer), what, remedy) for pointer, what, remedy in [*found][:MOST])
    told = tuple(Problem(str(place), what, remedy) for place, what, remedy in placed)
    return (*told, enough(source.file)) if len(found) > MOST else told


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def strict_pattern(_: Validator, pattern: str, value: Json, __: Schema) -> Iterator[ValidationError]:
        if isinstance(value, str) and matcher(pattern)(value) is None:
            yield ValidationError(f"{value!r} does not match {pattern!r}")

    def fields(validator: Validator, known: Schema, value: Json, part: Schema) -> Iterator[ValidationError]:
        """An empty field that must be there is told so: to remove it would be the next fault."""
        for error in Draft202012Validator.VALIDATORS["properties"](validator, known, value, part):
            own = len(error.path) == 1 and error.path[0] in part.get("required", ())
            error.needed = own or getattr(error, "needed", False)
            yield error

    def distinct(_: Validator, wanted: bool, value: Json, __: Schema) -> Iterator[ValidationError]:
        """The library compares each item with every other, which takes minutes for what a file can hold."""
        if wanted and isinstance(value, list) and len(set(map(as_written, value))) < len(value):
            yield ValidationError("has items that are the same")

    def whole(_: Any, value: Json) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    # The standard takes 10.0 for an integer; whoever reads the file later does not.
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", whole)
    keywords = {"pattern": strict_pattern, "properties": fields, "uniqueItems": distinct}
    return extend(Draft202012Validator, keywords, type_checker=types)  # type: ignore[no-untyped-call]
