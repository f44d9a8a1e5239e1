"""Logged calls -> what one side was asked and what it said: rows, classes, scores; and which calls are pairs.

What is known of the people behind the rows comes with replayed traffic, in `parameters` of the request, as
objects or as JSON in a text (the protocol itself has only texts, numbers and booleans there):
  "audit_rows": {"source": "income_holdout@<commit>:/holdout.csv", "rows": [17, 42]}   see `Reading.audit`
  "audit":      {"gender": ["Male", "Female"], "race": [...]}                          a value for each row
The first is the one to use: protected traits stay out of the log (LOG-002). A column with the name of the
model's label holds outcomes, all others hold groups.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from releasectl import tensors
from releasectl.model import Json, Missing, Release
from releasectl.ports import Endpoint, LoggedCall

MOST_CALLS = 200_000  # of one side: a comparison needs thousands, and memory has an end
UNANSWERED = "no answer is logged"
UNKNOWN = -1  # a label that is not known


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to understand payloads. `classes` and `label` are those of the model's schema.json.
    `audit` has the rows of a source (as a request names it), with the columns to audit by and no others; it
    is asked for each call, so it may read a source when it is first named, if it keeps it.
    """

    classes: tuple[str, ...]
    label: str = ""
    audit: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    class_output: str = "predict"
    score_output: str = "predict_proba"


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one side. Tuples have an element for each row, or none at all: `inputs` if the request
    is not logged, `scores` if the answer has no probabilities, `scores` and `classes` if there is an `error`.
    """

    key: str  # the request's id
    at: datetime
    version: str | Missing
    inputs: tuple[int, ...] = ()
    classes: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    seconds: float | Missing = field(default_factory=lambda: Missing("not logged"))
    error: str = ""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: tuple[int, ...] = ()
    outliers: tuple[bool, ...] = ()
    drift: bool | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """The calls of one endpoint by id; how many could not be read and why; `cut` if there were too many."""

    calls: tuple[Call, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Pairing:
    """Calls of both sides with one request id and the same rows; `different` have only the id in common."""

    pairs: tuple[tuple[Call, Call], ...]
    stable_only: int
    candidate_only: int
    different: int


def read_side(logged: Iterable[LoggedCall], reading: Reading, *, most: int = MOST_CALLS) -> Side:
    """Of calls with the same id the first counts: the others are a client's retries, or events sent twice."""
    found: dict[str, Call] = {}
    skipped = Counter[str]()
    repeated, cut = 0, False
    for count, each in enumerate(logged):
        if count == most:
            cut = True
            break
        call = read_call(each, reading)
        if isinstance(call, Missing):
            skipped[call.reason] += 1
            continue
        known = found.get(call.key)
        repeated += known is not None
        if known is None or call.at < known.at:
            found[call.key] = call
    return Side(tuple(found[key] for key in sorted(found)), dict(sorted(skipped.items())), repeated, cut)


def read_call(logged: LoggedCall, reading: Reading) -> Call | Missing:
    """Missing if the request is not to be understood; what is wrong with the answer is the call's error."""
    asked = logged.request if isinstance(logged.request, Missing) else tensors.inputs(logged.request)
    if isinstance(asked, Missing) and not isinstance(logged.request, Missing):
        return asked
    known = None if isinstance(asked, Missing) else len(asked)
    said = answer(logged, known, reading)
    classes, scores = ((), ()) if isinstance(said, Missing) else said
    rows = len(classes) if known is None else known
    columns = {} if isinstance(logged.request, Missing) else audit_columns(logged.request, rows, reading)
    labels = columns.pop(reading.label, ())
    version = logged.response.get("model_version") if isinstance(logged.response, Mapping) else None
    return Call(
        key=logged.request_id,
        at=logged.at,
        version=str(version) if version else Missing("the answer names no model_version"),
        inputs=() if isinstance(asked, Missing) else tuple(tensors.digest(row) for row in asked),
        classes=classes,
        scores=scores,
        seconds=logged.seconds,
        error=said.reason if isinstance(said, Missing) else "",
        groups=columns,
        labels=tuple(label_of(text, reading) for text in labels),
        outliers=flags(logged.outlier, "is_outlier"),
        drift=next(iter(flags(logged.drift, "is_drift")), None),
    )


def answer(
    logged: LoggedCall, rows: int | None, reading: Reading
) -> tuple[tuple[int, ...], tuple[float, ...]] | Missing:
    """(classes, scores), or why there are none."""
    if logged.error:
        return Missing(logged.error)
    if isinstance(logged.status, int) and logged.status >= 400:
        return Missing(f"status {logged.status}")
    if isinstance(logged.response, Missing):
        return Missing(UNANSWERED)
    chances = probabilities(logged.response, reading)
    if isinstance(chances, Missing):
        return chances
    named = tensors.output(logged.response, reading.class_output)
    if isinstance(named, Missing):
        if not chances:
            return named
        classes: list[int | Missing] = [max(range(len(row)), key=row.__getitem__) for row in chances]
    else:
        classes = [class_of(row, reading.classes) for row in named]
    if rows is not None and len(classes) != rows:
        return Missing(f"answers {len(classes)} rows where {rows} were asked")
    for found in classes:
        if isinstance(found, Missing):
            return found
    scores = tuple(row[1] for row in chances if len(row) == 2)
    complete = len(scores) == len(classes)
    return tuple(found for found in classes if isinstance(found, int)), scores if complete else ()


def probabilities(response: Json, reading: Reading) -> list[tuple[float, ...]] | Missing:
    """A row for each row asked; none if the request did not ask for them."""
    found = tensors.output(response, reading.score_output)
    if isinstance(found, Missing):
        return []
    numbers = [tuple(tensors.number(value) for value in row) for row in found]
    bad = next((value for row in numbers for value in row if isinstance(value, Missing)), None)
    if bad is not None:
        return Missing(f"a score is no score: {bad.reason}")
    if any(len(row) != len(reading.classes) for row in numbers):
        return Missing(f"{reading.score_output} has no column for each of {len(reading.classes)} classes")
    return [tuple(value for value in row if isinstance(value, float)) for row in numbers]


def class_of(row: Sequence[Json], classes: Sequence[str]) -> int | Missing:
    """A class by its index or by its name."""
    value = row[0] if len(row) == 1 else None
    if isinstance(value, str) and value in classes:
        return classes.index(value)
    index = tensors.number(value)
    if isinstance(index, float) and index.is_integer() and 0 <= index < len(classes):
        return int(index)
    return Missing(f"{json.dumps(row)[:40]} is none of the classes {', '.join(classes)}")


def label_of(text: str, reading: Reading) -> int:
    """The index of a known outcome among the classes, or UNKNOWN."""
    return reading.classes.index(text) if text in reading.classes else UNKNOWN


def audit_columns(request: Json, rows: int, reading: Reading) -> dict[str, tuple[str, ...]]:
    """The columns that have a value for each row; a list of another length fits no row."""
    parameters = request.get("parameters")
    given = parsed(parameters.get("audit")) if isinstance(parameters, Mapping) else {}
    named = parsed(parameters.get("audit_rows")) if isinstance(parameters, Mapping) else {}
    table, chosen = reading.audit.get(str(named.get("source")), ()), named.get("rows")
    found = dict[str, tuple[str, ...]]()
    if isinstance(chosen, list) and all(type(row) is int and 0 <= row < len(table) for row in chosen):
        for column in table[chosen[0]] if chosen else ():
            found[column] = tuple(table[row].get(column, "") for row in chosen)
    for column, values in given.items():
        if isinstance(values, list):
            found[str(column)] = tuple(str(value) for value in values)
    return {column: values for column, values in found.items() if len(values) == rows}


def parsed(value: Json) -> Mapping[str, Json]:
    """A mapping, or JSON text that holds one; nothing if it is neither."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}


def flags(reply: Json | Missing, name: str) -> tuple[bool, ...]:
    """What a detector said, for each row, or once for a batch; nothing if it did not."""
    data = reply.get("data") if isinstance(reply, Mapping) else None
    found = data.get(name) if isinstance(data, Mapping) else None
    values = found if isinstance(found, list) else [] if found is None else [found]
    return tuple(bool(value) for value in tensors.flat(values))


def pairing(stable: Side, candidate: Side) -> Pairing:
    """The calls of both sides under one request id, in the order of the model's."""
    others = {call.key: call for call in candidate.calls}
    both = [(call, others[call.key]) for call in stable.calls if call.key in others]
    alike = tuple(pair for pair in both if same_request(*pair))
    return Pairing(
        alike, len(stable.calls) - len(both), len(candidate.calls) - len(both), len(both) - len(alike)
    )


def same_request(one: Call, other: Call) -> bool:
    """Rows are compared where both sides have them logged."""
    return not one.inputs or not other.inputs or one.inputs == other.inputs


def endpoints(release: Release) -> tuple[Endpoint, Endpoint] | Missing:
    """Where the calls of the model and of the candidate are logged, by `generators/strategies`."""
    strategy, stable = release.strategy, Endpoint("default", release.name)
    if strategy.candidate is None:
        return Missing(f"{release.name} has no candidate: its strategy is {strategy.type}")
    if strategy.router:  # both are nodes of one predictor
        return stable, Endpoint("default", "candidate")
    return stable, Endpoint("shadow" if strategy.type == "shadow" else "candidate", release.name)
