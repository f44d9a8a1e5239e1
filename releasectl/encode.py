"""Rows of a CSV file -> the float matrix a model takes, and the Open Inference request that carries it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from math import isnan
from pathlib import Path
from typing import Any

from releasectl import csvfile
from releasectl.errors import InvalidInput, Problem
from releasectl.model import Json

MAX_ROWS = 10_000  # one request holds them all
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)  # and no 1_000
LARGEST = 3.4028235e38  # the models count in 32 bits


def read_csv(path: Path, features: Json, limit: int = MAX_ROWS) -> list[list[float]]:
    """The first `limit` rows of `path` as floats, one column per feature of schema.json, in its order.

    Categories become their index. Columns the model does not use are ignored. Raises InvalidInput with
    every problem of the file: a column that is missing or there twice, a row of another length, a text in a
    number column, an unknown category, no rows.
    """
    with csvfile.lines(path) as lines:
        return read_rows(str(path), lines, features, limit)


def read_rows(where: str, lines: Iterable[str], features: Json, limit: int = MAX_ROWS) -> list[list[float]]:
    """See `read_csv`; `where` is what problems call the source of `lines`."""
    wanted = features["features"]
    rows: list[list[float]] = []
    problems: list[Problem] = []
    try:
        reader = csv.DictReader(lines)
        if not reader.fieldnames:
            raise InvalidInput.at(where, "is empty", "give a CSV file with a header and rows")
        header = reader.fieldnames
        InvalidInput.raise_if([*missing_columns(where, header, wanted), *repeated(where, header, wanted)])
        for row in islice(reader, limit):
            place = f"{where}:{reader.line_num}"
            if found := ragged(place, row, len(header)):
                problems.append(found)
            else:
                rows.append([encode(place, row, feature, problems) for feature in wanted])
    except csv.Error as error:
        raise InvalidInput.at(
            where, f"is not a CSV file ({error})", "give a CSV file with a header"
        ) from None
    InvalidInput.raise_if(problems)
    if not rows:
        raise InvalidInput.at(where, "has no rows", "give at least one row below the header")
    return rows


def missing_columns(where: str, header: Sequence[str], features: Json) -> list[Problem]:
    absent = [feature["name"] for feature in features if feature["name"] not in header]
    near = {name: get_close_matches(name, header, n=1, cutoff=0.7) for name in absent}
    return [
        Problem(
            f"{where}:1",
            f"column {name!r} is missing" + (f"; there is {near[name][0]!r}" if near[name] else ""),
            "add the column: the model was trained with it",
        )
        for name in absent
    ]


def repeated(where: str, header: Sequence[str], features: Json) -> list[Problem]:
    """Of two columns of one name, one would be taken and the other dropped."""
    return [
        Problem(f"{where}:1", f"column {name!r} is there {times} times", "keep one of them")
        for feature in features
        if (times := header.count(name := feature["name"])) > 1
    ]


def ragged(where: str, row: Mapping[str | None, Any], width: int) -> Problem | None:
    """Whether a row has another number of cells than the header; csv hides that in None."""
    cells = width + len(row.get(None, ())) - list(row.values()).count(None)
    if cells == width:
        return None
    what = f"the row and the header differ in length: {cells} and {width} cells"
    return Problem(where, what, "give every row one cell per column")


def encode(where: str, row: Mapping[str, str | None], feature: Json, problems: list[Problem]) -> float:
    """One value as a float; what cannot be encoded becomes a problem and NaN."""
    name, text = feature["name"], (row.get(feature["name"]) or "").strip()
    if feature["type"] == "numeric":
        number = float(text) if NUMBER.fullmatch(text) else float("nan")
        if not abs(number) <= LARGEST:
            fault = "is no number" if isnan(number) else f"is beyond {LARGEST:.1e}"
            problems.append(Problem(where, f"{name} is {text!r}, which {fault}", "write a number"))
        return number
    categories = feature["categories"]
    if text in categories:
        return float(categories.index(text))
    near = get_close_matches(text, categories, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(categories)}"
    problems.append(Problem(where, f"{name} is {text!r}, which the model was not trained with", hint))
    return float("nan")


def decode(row: Sequence[float], features: Json) -> dict[str, str | float]:
    """The inverse of `encode` for a whole row: category names back in place of their index."""
    return {
        feature["name"]: value if feature["type"] == "numeric" else feature["categories"][int(value)]
        for feature, value in zip(features["features"], row, strict=True)
    }


def inference_request(rows: Sequence[Sequence[float]], outputs: Sequence[str] = ()) -> Json:
    """An Open Inference Protocol request: one FP64 tensor `predict` of shape (rows, features), row-major."""
    tensor = {
        "name": "predict",
        "shape": [len(rows), len(rows[0])],
        "datatype": "FP64",
        "data": [value for row in rows for value in row],
        "parameters": {"content_type": "np"},
    }
    request: dict[str, Json] = {"inputs": [tensor]}
    if outputs:
        request["outputs"] = [{"name": name} for name in outputs]
    return request


def output_rows(response: Json, name: str) -> list[list[float]]:
    """One output tensor of a response as rows; a vector becomes rows of one value."""
    for output in response.get("outputs", []):
        if output.get("name") == name:
            rows = output["shape"][0]
            width = len(output["data"]) // rows if rows else 0
            return [list(output["data"][i * width : (i + 1) * width]) for i in range(rows)]
    names = ", ".join(str(output.get("name")) for output in response.get("outputs", [])) or "none"
    raise InvalidInput.at(
        "the model's answer", f"has no output {name!r} (it has: {names})", "ask a model that offers it"
    )
