"""Which features weigh against those who are not selected, and whether four reasons tell it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from trainers.common.encode import Matrix, Schema, names
from trainers.evaluation.statistics import Array

PRINCIPAL = 4  # official commentary to 12 CFR 1002.9(b)(2): more than four reasons are not likely to help
ENOUGH = 0.9  # of all that weighed against a person
DENIALS, PASSING = 400, 25


def reasons(model: Pipeline, schema: Schema, matrix: Matrix, scores: Array, threshold: float) -> Any:
    """The commentary's method: by how much a feature falls short of those who passed, or passed only just.

    A feature's shortfall is what the score would rise by if that feature alone were as in people at or
    slightly above the threshold; the principal reasons of a denial are its largest shortfalls.
    """
    denied, passed = np.flatnonzero(scores < threshold), np.flatnonzero(scores >= threshold)
    if not len(denied) or not len(passed):
        return None
    rows = matrix[denied[np.linspace(0, len(denied) - 1, min(DENIALS, len(denied))).astype(int)]]
    passing = matrix[passed[np.argsort(scores[passed], kind="stable")[:PASSING]]]
    lacking = np.maximum(shortfalls(model, rows, passing), 0)
    order = np.argsort(-lacking, axis=1, kind="stable")[:, :PRINCIPAL]
    largest = np.take_along_axis(lacking, order, axis=1)
    told = largest.sum(axis=1) >= ENOUGH * lacking.sum(axis=1)
    named = [float(((order == index) & (largest > 0)).any(axis=1).mean()) for index in range(rows.shape[1])]
    return {
        "denials": len(rows),
        "principal": PRINCIPAL,
        "enough": ENOUGH,
        "covered_share": float((told & (largest[:, 0] > 0)).mean()),
        "named": {name: share for name, share in zip(names(schema), named, strict=True) if share},
    }


def shortfalls(model: Pipeline, rows: Matrix, passing: Matrix) -> Array:
    """One line per row, one column per feature."""
    own = model.predict_proba(rows)[:, 1]
    found = np.empty(rows.shape)
    for index in range(rows.shape[1]):
        changed = np.repeat(rows, len(passing), axis=0)
        changed[:, index] = np.tile(passing[:, index], len(rows))
        risen = model.predict_proba(changed)[:, 1].reshape(len(rows), len(passing)).mean(axis=1)
        found[:, index] = risen - own
    return found
