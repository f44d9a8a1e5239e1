"""A quick yes: a JSON Schema compiled to plain functions, for a thousand files that are nearly always right.

Only a yes counts. A document that is not accepted here goes to jsonschema, which decides and finds faults;
so these tests may be stricter than the standard, and never laxer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from math import inf
from typing import Any, Final

from releasectl.model import Json

Accept = Callable[[Json], bool]
Lookup = Callable[[str], tuple[Json, Any]]  # `$ref` -> the schema, and the lookup inside its file
Compile = Callable[[Json], Accept]

ANNOTATIONS: Final = frozenset(
    {"$schema", "$defs", "title", "description", "default", "format", "enumDescriptions", "x-elsewhere"}
)


def compiled(schema: Json, lookup: Lookup) -> Accept:
    """Accepts only what fits `schema`; raises KeyError for a keyword that is not known here."""
    if schema is True:
        return lambda _: True

    def below(part: Json) -> Accept:
        return compiled(part, lookup)

    keywords = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    tests: list[Accept] = []
    if "$ref" in keywords:
        tests.append(compiled(*lookup(keywords.pop("$ref"))))
    if keywords.keys() & _OBJECT:
        tests.append(_object(keywords, below))
    if "if" in keywords:
        tests.append(_condition(keywords, below))
    rest = keywords.keys() - _OBJECT - {"if", "then", "else"}
    if rest & _BOUNDS:
        tests.append(_number(keywords))
        rest -= {"type", *_BOUNDS}
    tests.extend(_TESTS[key](keywords[key], below) for key in sorted(rest, key=lambda key: key != "type"))
    return tests[0] if len(tests) == 1 else _every(tests)


def _every(tests: Sequence[Accept]) -> Accept:
    if len(tests) == 2:
        first, second = tests
        return lambda value: first(value) and second(value)

    def accept(value: Json) -> bool:
        for test in tests:  # noqa: SIM110 - all() over a generator takes twice as long
            if not test(value):
                return False
        return True

    return accept


_OBJECT: Final = frozenset(
    {"properties", "required", "additionalProperties", "propertyNames", "minProperties"}
)


def _object(keywords: Mapping[str, Json], below: Compile) -> Accept:
    known = {name: below(part) for name, part in keywords.get("properties", {}).items()}
    required = frozenset(keywords.get("required", ()))
    additional = keywords.get("additionalProperties", True)
    other = (lambda _: False) if additional is False else below(additional)
    naming = below(keywords["propertyNames"]) if "propertyNames" in keywords else None
    least = keywords.get("minProperties", 0)

    def accept(value: Json) -> bool:
        if not isinstance(value, dict):
            return True  # as the standard says: `type` is another keyword
        if len(value) < least or not required <= value.keys():
            return False
        for name, item in value.items():
            if not known.get(name, other)(item):
                return False
        return naming is None or all(map(naming, value))

    return accept


def _condition(keywords: Mapping[str, Json], below: Compile) -> Accept:
    """`if` must be told exactly, so its parts are only those whose test here is exact: const of a text."""
    condition = below(keywords["if"])
    then, otherwise = below(keywords.get("then", True)), below(keywords.get("else", True))
    return lambda value: then(value) if condition(value) else otherwise(value)


_BOUNDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum"})


def _number(keywords: Mapping[str, Json]) -> Accept:
    """A number within bounds, or what `type` allows in its place."""
    types = _types(keywords["type"])
    numbers, others = types & {int, float}, types - {int, float}
    low, high = keywords.get("minimum", -inf), keywords.get("maximum", inf)
    above = keywords.get("exclusiveMinimum", -inf)
    return lambda value: (
        low <= value <= high and value > above if type(value) in numbers else type(value) in others
    )


def _types(kinds: str | Sequence[str]) -> frozenset[type]:
    return frozenset(
        chain.from_iterable(_TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
    )


def _type(kinds: Any, _: Compile) -> Accept:
    types = _types(kinds)
    return lambda value: type(value) in types


def matcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """Searches as schemas mean it: Python's `$` would also fit before a newline at the end."""
    return re.compile(f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern).search


def _pattern(pattern: str, _: Compile) -> Accept:
    search = matcher(pattern)
    return lambda value: not isinstance(value, str) or search(value) is not None


def _items(part: Json, below: Compile) -> Accept:
    accept = below(part)
    return lambda value: not isinstance(value, list) or all(map(accept, value))


def _distinct(_: Json, __: Compile) -> Accept:
    return lambda value: (
        all(isinstance(item, str) for item in value) and len(set(value)) == len(value)
        if isinstance(value, list)
        else True
    )


def _one_of(values: Sequence[Json]) -> Accept:
    texts = frozenset(value for value in values if isinstance(value, str))
    numbers = [value for value in values if not isinstance(value, str)]
    return lambda value: (
        value in texts
        if isinstance(value, str)
        else any(type(value) is type(number) and value == number for number in numbers)
    )


def _sized(fits: Callable[[int, int], bool]) -> Callable[[int, Compile], Accept]:
    return lambda limit, _: lambda value: not isinstance(value, (str, list)) or fits(len(value), limit)


_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}

_TESTS: Final[Mapping[str, Callable[[Any, Compile], Accept]]] = {
    "type": _type,
    "enum": lambda values, _: _one_of(values),
    "const": lambda value, _: _one_of([value]),
    "pattern": _pattern,
    "items": _items,
    "uniqueItems": _distinct,
    "allOf": lambda parts, below: _every([below(part) for part in parts]),
    "minLength": _sized(int.__ge__),
    "maxLength": _sized(int.__le__),
    "minItems": _sized(int.__ge__),
    "maxItems": _sized(int.__le__),
}
