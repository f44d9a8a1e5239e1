"""Between a table and the float matrix a model takes; `schema.json` says how, here and at serving time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.common.columns import BY_NAME, CLASSES, LABEL
from trainers.common.table import Table

UNSEEN = -1.0  # a category that training did not have: one-hot encodes it as all zeros

Matrix = NDArray[np.float64]
Schema = dict[str, Any]


def schema_of(table: Table) -> Schema:
    """Names, types and sorted categories of every feature, in matrix order."""
    features: list[dict[str, Any]] = []
    for name in table.names:
        if BY_NAME[name].numeric:
            features.append({"name": name, "type": "numeric"})
        else:
            categories = sorted({str(value) for value in table.columns[name]})
            features.append({"name": name, "type": "categorical", "categories": categories})
    return {"version": 1, "label": {"name": LABEL, "classes": list(CLASSES)}, "features": features}


def encode(table: Table, schema: Schema) -> Matrix:
    """One column per feature: the number, or the index of the category among its sorted categories."""
    columns = [encode_column(table.columns[feature["name"]], feature) for feature in schema["features"]]
    return np.column_stack(columns)


def encode_column(raw: NDArray[np.generic], feature: dict[str, Any]) -> Matrix:
    if feature["type"] == "numeric":
        return raw.astype(np.float64)
    codes = {category: float(code) for code, category in enumerate(feature["categories"])}
    return np.array([codes.get(str(value), UNSEEN) for value in raw])


def categorical(schema: Schema) -> dict[int, list[str]]:
    """Column index -> categories, of the categorical features."""
    return {
        index: list(feature["categories"])
        for index, feature in enumerate(schema["features"])
        if feature["type"] == "categorical"
    }


def numeric(schema: Schema) -> list[int]:
    return [index for index, feature in enumerate(schema["features"]) if feature["type"] == "numeric"]


def names(schema: Schema) -> list[str]:
    return [feature["name"] for feature in schema["features"]]


def sample(matrix: Matrix, rows: int, seed: int = 0) -> Matrix:
    """At most `rows` rows, in their order, chosen by `seed`."""
    if len(matrix) <= rows:
        return matrix
    chosen = np.sort(np.random.default_rng(seed).choice(len(matrix), size=rows, replace=False))
    picked: Matrix = matrix[chosen]
    return picked
