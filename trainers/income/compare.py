"""`python -m trainers.income.compare DATA.csv HOLDOUT.csv`: which model? The table in trainers/README.md."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, SplineTransformer, StandardScaler

from trainers.common.encode import Matrix, Schema, categorical, encode, numeric, schema_of
from trainers.common.errors import run
from trainers.common.table import read_holdout, read_training
from trainers.income.train import build

ROWS_TIMED = 200


def candidates(schema: Schema) -> dict[str, Pipeline]:
    def behind(numbers: Any, model: Any) -> Pipeline:
        one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        parts = [("numbers", numbers, numeric(schema)), ("categories", one_hot, sorted(categorical(schema)))]
        return Pipeline([("columns", ColumnTransformer(parts)), ("model", model)])

    def logistic() -> LogisticRegression:
        return LogisticRegression(max_iter=500)

    histograms = HistGradientBoostingClassifier(
        max_iter=80, learning_rate=0.2, max_leaf_nodes=8, early_stopping=False, random_state=0
    )
    bins = KBinsDiscretizer(20, encode="onehot-dense", strategy="kmeans", random_state=0)
    return {
        "logistic regression": behind(StandardScaler(), logistic()),
        "logistic regression on splines": behind(SplineTransformer(n_knots=6, knots="quantile"), logistic()),
        "logistic regression on 20 bins": behind(bins, logistic()),
        "80 trees on histograms": behind("passthrough", histograms),
        "**120 trees of 8 leaves**": build(schema),
    }


def milliseconds(model: Pipeline, rows: Matrix) -> tuple[float, float]:
    """Median and 99th percentile of the time that one row's probability takes."""
    taken = []
    for row in rows:
        start = time.perf_counter()
        model.predict_proba(row[None])
        taken.append(time.perf_counter() - start)
    median, slowest = np.percentile(taken, [50, 99]) * 1000
    return float(median), float(slowest)


def compare(data: Path, holdout: Path) -> None:
    table, held = read_training(data), read_holdout(holdout)
    schema = schema_of(table)
    train, test = encode(table, schema), encode(held, schema)
    print("| model | ROC AUC | accuracy | Brier | size, KB | ms a row, median | 99 % |")
    print("|---|---|---|---|---|---|---|")
    for name, model in candidates(schema).items():
        model.fit(train, table.labels)
        scores = model.predict_proba(test)[:, 1]
        saved = io.BytesIO()
        joblib.dump(model, saved)
        quality = (
            f"{roc_auc_score(held.labels, scores):.3f} | {accuracy_score(held.labels, scores >= 0.5):.3f}"
            f" | {brier_score_loss(held.labels, scores):.3f}"
        )
        median, slowest = milliseconds(model, test[:ROWS_TIMED])
        cost = f"{len(saved.getvalue()) / 1000:.0f} | {median:.1f} | {slowest:.1f}"
        print(f"| {name} | {quality} | {cost} |", flush=True)


def main(arguments: list[str]) -> None:
    if len(arguments) != 2:
        sys.exit("usage: python -m trainers.income.compare DATA.csv HOLDOUT.csv")
    compare(Path(arguments[0]), Path(arguments[1]))


if __name__ == "__main__":
    run(main)
