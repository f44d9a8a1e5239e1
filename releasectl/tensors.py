"""Open Inference tensors out of a log as rows, and what is wrong with those that are none."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from releasectl.model import Json, Missing

Rows = list[tuple[Json, ...]]


def inputs(request: Json) -> Rows | Missing:
    """The rows of a request; several tensors (a column each, say) are joined row by row."""
    tensors = request.get("inputs") if isinstance(request, Mapping) else None
    if not isinstance(tensors, list) or not tensors:
        return Missing("the request has no inputs")
    joined: Rows = []
    for number, each in enumerate(tensors):
        found = rows(each)
        if isinstance(found, Missing):
            return Missing(f"input {number} of the request {found.reason}")
        if number and len(found) != len(joined):
            return Missing("the inputs of the request differ in their number of rows")
        joined = [(*before, *row) for before, row in zip(joined, found, strict=True)] if number else found
    return joined


def output(response: Json, name: str) -> Rows | Missing:
    """The rows of one output of an answer; Missing says what is wrong with it."""
    tensors = response.get("outputs") if isinstance(response, Mapping) else None
    for each in tensors if isinstance(tensors, list) else ():
        if isinstance(each, Mapping) and each.get("name") == name:
            found = rows(each)
            return Missing(f"output {name} {found.reason}") if isinstance(found, Missing) else found
    return Missing(f"the answer has no output {name}")


def rows(tensor: Json) -> Rows | Missing:
    """Row-major, or nested: the protocol allows both."""
    if not isinstance(tensor, Mapping) or not isinstance(tensor.get("data"), list):
        return Missing("holds no data in JSON")
    shape, data = tensor.get("shape"), list(flat(tensor["data"]))
    if not isinstance(shape, list) or not shape or not all(type(size) is int and size >= 0 for size in shape):
        return Missing(f"has the shape {json.dumps(shape)[:40]}")
    if math.prod(shape) != len(data):
        return Missing(f"has the shape {json.dumps(shape)[:40]} and {len(data)} values")
    width = math.prod(shape[1:])
    return [tuple(data[start * width : (start + 1) * width]) for start in range(shape[0])]


def flat(data: Iterable[Json]) -> Iterator[Json]:
    """The values of nested lists, in order."""
    for value in data:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def digest(row: Sequence[Json]) -> int:
    """Equal rows have equal digests, whatever wrote their numbers; 63 bits, so that numpy holds it."""
    plain = [float(value) if isinstance(value, int | float) else value for value in row]
    return int.from_bytes(hashlib.blake2b(repr(plain).encode(), digest_size=8).digest()) >> 1


def number(value: Json) -> float | Missing:
    """NaN is what a broken model says, and null is how some servers write it."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return Missing(f"{value!r} is not a number")
