"""`metrics.json`, `holdout-scores.json`, `placements.json`: how good the model is on the frozen holdout."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, average_precision_score, brier_score_loss, roc_auc_score
from sklearn.pipeline import Pipeline

from trainers.common.encode import UNSEEN, Matrix, Schema, categorical, names, numeric
from trainers.evaluation.reasons import reasons
from trainers.evaluation.statistics import Array, Labels, auc_interval, calibration, placements, wilson

THRESHOLD = 0.5  # of the score: what `predict` decides by
SCALE = 10_000  # scores are kept as whole ten-thousandths
STEPS = 2**15 - 1  # of a placement, beside the label in 16 bits
REPEATS = 3
AT = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)  # quantiles: the far ends matter, for age above all


def metrics(model: Pipeline, schema: Schema, matrix: Matrix, labels: Labels, scores: Array) -> dict[str, Any]:
    """The numbers on top are the ones that people compare models by."""
    selected = scores >= THRESHOLD
    hits = int((selected == (labels == 1)).sum())
    return {
        "format": "metrics/1",
        "accuracy": float(accuracy_score(labels, selected)),
        "roc_auc": float(roc_auc_score(labels, scores)),
        "average_precision": float(average_precision_score(labels, scores)),
        "brier_score": float(brier_score_loss(labels, scores)),
        "intervals": {"accuracy": wilson(hits, len(labels)), "roc_auc": auc_interval(labels, scores)},
        "holdout": {"rows": len(labels), "label_rate": float(labels.mean())},
        "decision": {"threshold": THRESHOLD, "selection_rate": float(selected.mean())},
        "confusion": {
            "true_positives": int((selected & (labels == 1)).sum()),
            "false_positives": int((selected & (labels == 0)).sum()),
            "true_negatives": int((~selected & (labels == 0)).sum()),
            "false_negatives": int((~selected & (labels == 1)).sum()),
        },
        "calibration": calibration(labels, scores),
        "importance": importance(model, schema, matrix, labels),
        "response": response(model, schema, matrix),
        "reasons": reasons(model, schema, matrix, scores, THRESHOLD),
        "unseen_categories": unseen(schema, matrix),
    }


def importance(model: Pipeline, schema: Schema, matrix: Matrix, labels: Labels) -> dict[str, float]:
    """ROC AUC lost when a feature's column is shuffled, the mean of three shuffles; the largest first."""
    draw = np.random.default_rng(0)
    whole = roc_auc_score(labels, model.predict_proba(matrix)[:, 1])
    lost: dict[str, float] = {}
    for index, name in enumerate(names(schema)):
        shuffled = matrix.copy()
        losses = []
        for _ in range(REPEATS):
            shuffled[:, index] = draw.permutation(matrix[:, index])
            losses.append(whole - roc_auc_score(labels, model.predict_proba(shuffled)[:, 1]))
        lost[name] = float(np.mean(losses))
    return dict(sorted(lost.items(), key=lambda item: (-item[1], item[0])))


def response(model: Pipeline, schema: Schema, matrix: Matrix) -> dict[str, dict[str, list[float]]]:
    """Mean score if everybody had this value, at quantiles of each number: does age count against anyone?"""
    rows = matrix[:2000]
    answers: dict[str, dict[str, list[float]]] = {}
    for index in numeric(schema):
        at = np.unique(np.quantile(matrix[:, index], AT, method="nearest"))
        changed = np.repeat(rows, len(at), axis=0)
        changed[:, index] = np.tile(at, len(rows))
        means = model.predict_proba(changed)[:, 1].reshape(len(rows), len(at)).mean(axis=0)
        answers[names(schema)[index]] = {"values": at.tolist(), "mean_score": means.tolist()}
    return answers


def unseen(schema: Schema, matrix: Matrix) -> dict[str, int]:
    """Holdout rows whose category the model never saw, per feature that has any."""
    counts = {names(schema)[index]: int((matrix[:, index] == UNSEEN).sum()) for index in categorical(schema)}
    return {name: count for name, count in counts.items() if count}


def kept_scores(labels: Labels, scores: Array, digest: str) -> dict[str, Any]:
    """Every holdout row's score, in order, so that two models can be compared row by row."""
    return {
        "format": "holdout-scores/1",
        "holdout_sha256": digest,
        "scale": SCALE,
        "labels": "".join(str(label) for label in labels.tolist()),
        "scores": np.rint(scores * SCALE).astype(int).tolist(),
    }


def kept_placements(labels: Labels, scores: Array, digest: str) -> dict[str, Any]:
    """What a paired test of two ROC AUCs needs of this model, small enough for a lock: 16 bits a row."""
    words = labels.astype(np.uint16) << 15 | np.rint(placements(labels, scores) * STEPS).astype(np.uint16)
    return {
        "format": "placements/1",
        "holdout_sha256": digest,
        "rows": len(labels),
        "positives": int(labels.sum()),
        "steps": STEPS,
        "rows_base64": b64encode(words.astype(">u2").tobytes()).decode("ascii"),
    }
