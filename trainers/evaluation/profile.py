"""`data-profile.json`: what the training data was, in numbers that two profiles can be compared by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.common.columns import BY_NAME, LABEL, MISSING
from trainers.common.files import sha256
from trainers.common.table import Table
from trainers.evaluation.statistics import Labels, cells, one_feature_auc

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def profile(training: Table, holdout: Table) -> dict[str, Any]:
    rows, held = keys(training, training.names), set(keys(holdout, training.names))
    distinct = len(set(rows))
    return {
        "format": "data-profile/1",
        "training": described(training) | {"distinct_rows": distinct, "distinct_share": distinct / len(rows)},
        "holdout": described(holdout) | {"training_rows_in_holdout": sum(row in held for row in rows)},
        "label": LABEL,
        "features": {name: feature(name, training.columns[name], training.labels) for name in training.names},
    }


def keys(table: Table, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Each row as the model sees it, label included: a row that both sides have was leaked."""
    columns = [table.columns[name].astype(str).tolist() for name in names]
    return list(zip(*columns, table.labels.astype(str).tolist(), strict=True))


def described(table: Table) -> dict[str, Any]:
    return {
        "file": table.path.name,
        "sha256": sha256(table.path),
        "rows": len(table),
        "label_rate": float(table.labels.mean()),
    }


def feature(name: str, values: NDArray[np.generic], labels: Labels) -> dict[str, Any]:
    numeric = BY_NAME[name].numeric
    found: dict[str, Any] = {
        "type": "numeric" if numeric else "categorical",
        "missing_share": 0.0 if numeric else float((values == MISSING).mean()),
        "distinct_values": len(set(values.tolist())),
        "label_auc": one_feature_auc(cells(values, numeric), labels),
    }
    return found | (numbers(name, values.astype(np.float64)) if numeric else categories(values))


def numbers(name: str, values: NDArray[np.float64]) -> dict[str, Any]:
    """`histogram` counts what is below the first edge, from each edge to the next, and from the last on."""
    edges = BY_NAME[name].edges
    places = np.searchsorted(edges, values, side="right")
    return {
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "mean": float(values.mean()),
        "standard_deviation": float(values.std()),
        "quantiles": {str(share): float(np.quantile(values, share)) for share in QUANTILES},
        "histogram": {
            "edges": list(edges),
            "counts": np.bincount(places, minlength=len(edges) + 1).tolist(),
        },
    }


def categories(values: NDArray[np.generic]) -> dict[str, Any]:
    names, counts = np.unique(values.astype(str), return_counts=True)
    return {"counts": dict(zip(names.tolist(), counts.tolist(), strict=True))}
