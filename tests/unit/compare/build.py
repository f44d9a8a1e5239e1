"""Logged calls as Seldon's logger keeps them, a few words each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from releasectl import tensors
from releasectl.compare import Comparison, Context, Log, Thresholds
from releasectl.compare.values import Criterion
from releasectl.model import Missing
from releasectl.ports import LoggedCall
from releasectl.requestlog import UNANSWERED, Call, Reading, Side

STABLE, CANDIDATE = "a1" * 16, "b2" * 16
CLASSES = ("<=50K", ">50K")
READING = Reading(CLASSES, "income")
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
NONE = Missing("not logged")
NO_VERSION = Missing("the answer names no model_version")


def request(rows: Sequence[Sequence[Any]], **parameters: Any) -> dict[str, Any]:
    data = [value for row in rows for value in row]
    shape = [len(rows), len(rows[0]) if rows else 0]
    tensor = {"name": "predict", "shape": shape, "datatype": "FP64", "data": data}
    return {"inputs": [tensor], **({"parameters": parameters} if parameters else {})}


def response(
    classes: Sequence[Any], scores: Sequence[float] | None = None, version: str | None = STABLE
) -> dict[str, Any]:
    """As MLServer's scikit-learn runtime answers; `scores` are those of the second class."""
    outputs = [{"name": "predict", "shape": [len(classes), 1], "datatype": "INT64", "data": list(classes)}]
    if scores is not None:
        data = [value for score in scores for value in (1 - score, score)]
        outputs.append({"name": "predict_proba", "shape": [len(scores), 2], "datatype": "FP64", "data": data})
    return {"model_name": "income", **({"model_version": version} if version else {}), "outputs": outputs}


def call(
    key: str = "r1",
    rows: Sequence[Sequence[Any]] = ((1.0, 2.0),),
    answer: Any = None,
    *,
    parameters: dict[str, Any] | None = None,
    after: float = 0.0,
    **more: Any,
) -> LoggedCall:
    """Answered with class 0 for each row, unless something else is said."""
    values: dict[str, Any] = {
        "request_id": key,
        "at": START + timedelta(seconds=after),
        "request": request(rows, **(parameters or {})),
        "response": response([0] * len(rows)) if answer is None else answer,
        "status": 200,
        "error": "",
        "seconds": 0.004,
        "outlier": NONE,
        "drift": NONE,
    }
    return LoggedCall(**values | more)


def logged(
    scores: Iterable[float | None],
    *,
    version: str = STABLE,
    prefix: str = "r",
    proba: bool = True,
    seconds: Sequence[float] = (0.004,),
    audit: Sequence[dict[str, str]] = (),
    distinct: int | None = None,
) -> list[LoggedCall]:
    """One row a request, named by its number; a score of None is a request that failed.

    With `distinct` the rows begin anew after so many.
    """
    calls = []
    for number, score in enumerate(scores):
        answer: Any = Missing("no response is logged")
        if score is not None:
            answer = response([int(score >= 0.5)], [score] if proba else None, version)
        groups = {name: [value] for name, value in audit[number].items()} if audit else None
        calls.append(
            call(
                f"{prefix}{number:06d}",
                [[float(number % distinct if distinct else number), 1.0]],
                answer,
                after=number / 10,
                seconds=seconds[number % len(seconds)],
                parameters={"audit": groups} if groups else None,
            )
        )
    return calls


def side(
    scores: Iterable[float | None],
    *,
    version: str = STABLE,
    prefix: str = "r",
    proba: bool = True,
    seconds: Sequence[float] = (0.004,),
    audit: Sequence[dict[str, str]] = (),
    distinct: int | None = None,
) -> Side:
    """What is read of `logged`, without making thousands of payloads; test_requestlog compares the two."""
    calls = []
    for number, score in enumerate(scores):
        groups = {name: (value,) for name, value in audit[number].items()} if audit else {}
        outcome = groups.pop(READING.label, ())
        calls.append(
            Call(
                key=f"{prefix}{number:06d}",
                at=START + timedelta(seconds=number / 10),
                version=NO_VERSION if score is None else version,
                inputs=row_digest(number % distinct if distinct else number),
                classes=() if score is None else (int(score >= 0.5),),
                scores=(score,) if score is not None and proba else (),
                seconds=seconds[number % len(seconds)],
                error=UNANSWERED if score is None else "",
                groups=groups,
                labels=tuple(CLASSES.index(each) for each in outcome),
            )
        )
    return Side(tuple(calls))


@cache
def row_digest(number: int) -> tuple[int, ...]:
    return (tensors.digest([float(number), 1.0]),)


def context(strategy: str = "shadow", **thresholds: Any) -> Context:
    return Context(strategy, STABLE, CANDIDATE, CLASSES, Thresholds(**thresholds))


def log(stable: Iterable[float | None], candidate: Iterable[float | None], **more: Any) -> Log:
    """A shadow's log: both sides have the same request ids."""
    return Log(side(stable, **more), side(candidate, version=CANDIDATE, **more))


def scores(n: int, *, seed: int = 1) -> list[float]:
    return [float(each) for each in np.random.default_rng(seed).beta(0.6, 2, n)]


def flipped(values: Sequence[float], every: int) -> list[float]:
    """Every so many scores on the other side of the threshold, and near it, so that nothing else changes."""
    return [
        value if number % every else (0.49 if value >= 0.5 else 0.51) for number, value in enumerate(values)
    ]


def finding(found: Comparison, name: str) -> Criterion:
    return next(each for each in found.criteria if each.name == name)
