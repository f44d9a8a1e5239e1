"""`python -m trainers.outlier.compare DATA.csv HOLDOUT.csv`: IForest or Mahalanobis? The table in the README.

Plants outliers of several kinds among holdout rows and measures how well each detector's score tells them
apart, and how many it flags at the threshold it would be deployed with.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from trainers.common.encode import Matrix, Schema, categorical, encode, names, schema_of
from trainers.common.errors import run
from trainers.common.lean import tabular_only
from trainers.common.table import read_holdout, read_training

QUANTILE = 99.0  # of the training scores: about 1 in 100 ordinary applicants is flagged
PLANTED = 400
Plant = Callable[[Matrix, list[str], np.random.Generator], None]


def age_in_months(rows: Matrix, columns: list[str], _: np.random.Generator) -> None:
    rows[:, columns.index("age")] *= 12


def hours_of_a_month(rows: Matrix, columns: list[str], _: np.random.Generator) -> None:
    rows[:, columns.index("hours-per-week")] = rows[:, columns.index("hours-per-week")] * 52 / 12


def gain_in_cents(rows: Matrix, columns: list[str], draw: np.random.Generator) -> None:
    rows[:, columns.index("capital-gain")] = draw.integers(2_000, 50_000, len(rows)) * 100


def gain_and_loss(rows: Matrix, columns: list[str], draw: np.random.Generator) -> None:
    """Both are possible alone; the tax form has one or the other."""
    rows[:, columns.index("capital-gain")] = draw.integers(5_000, 30_000, len(rows))
    rows[:, columns.index("capital-loss")] = draw.integers(1_500, 3_000, len(rows))


def shifted_columns(rows: Matrix, _: list[str], __: np.random.Generator) -> None:
    """A client that sends the columns one place off."""
    rows[:] = np.roll(rows, 1, axis=1)


def unknown_category(rows: Matrix, columns: list[str], _: np.random.Generator) -> None:
    rows[:, columns.index("occupation")] = -1
    rows[:, columns.index("education")] = -1


PLANTS: tuple[Plant, ...] = (
    age_in_months, hours_of_a_month, gain_in_cents, gain_and_loss, shifted_columns, unknown_category
)  # fmt: skip


def detectors(train: Matrix, labels: Any, schema: Schema) -> dict[str, Callable[[], Any]]:
    from alibi_detect.od import IForest, Mahalanobis

    def forest(samples: int) -> Any:
        np.random.seed(0)
        detector = IForest(np.inf, n_estimators=100, max_samples=samples)
        detector.fit(train)
        return detector

    def mahalanobis(components: int, *, embed: bool) -> Any:
        counts = {index: len(categories) for index, categories in categorical(schema).items()}
        detector = Mahalanobis(np.inf, n_components=components, cat_vars=counts if embed else None)
        if embed:
            detector.fit(train, y=labels, d_type="mvdm", disc_perc=[25, 50, 75])
        detector.score(detector.cat2num(train))  # it learns mean and covariance from what it scores
        return detector

    return {
        "IForest, 256 rows a tree": lambda: forest(256),
        "IForest, 1024 rows a tree": lambda: forest(1024),
        "Mahalanobis, categories embedded, 3 components": lambda: mahalanobis(3, embed=True),
        "Mahalanobis, categories embedded, 7 components": lambda: mahalanobis(7, embed=True),
        "Mahalanobis, codes as numbers, 3 components": lambda: mahalanobis(3, embed=False),
        "Mahalanobis, codes as numbers, 7 components": lambda: mahalanobis(7, embed=False),
    }


def score(detector: Any, rows: Matrix) -> Matrix:
    found: Matrix = detector.predict(rows)["data"]["instance_score"]
    return found


def separation(detector: Any, threshold: float, baseline: Matrix, rows: Matrix) -> tuple[float, str]:
    """(AUC of planted against ordinary, its cell). A code that training did not have cannot be embedded."""
    try:
        planted = score(detector, rows)
    except IndexError:
        return 0.5, "fails"
    truth = np.r_[np.zeros(len(baseline)), np.ones(len(planted))]
    auc = float(roc_auc_score(truth, np.r_[baseline, planted]))
    return auc, f"{auc:.3f}, {float((planted > threshold).mean()):.0%}"


def compare(data: Path, holdout: Path) -> None:
    table, held = read_training(data), read_holdout(holdout)
    schema = schema_of(table)
    train, ordinary, columns = encode(table, schema), encode(held, schema), names(schema)
    ordinary = ordinary[(ordinary >= 0).all(axis=1)]
    print("| detector | " + " | ".join(plant.__name__.replace("_", " ") for plant in PLANTS), end="")
    print(" | mean AUC | false alarms | ms a row |\n" + "|---" * (len(PLANTS) + 4) + "|")
    for name, make in detectors(train, table.labels, schema).items():
        threshold = float(np.percentile(score(make(), train), QUANTILE))
        baseline = score(make(), ordinary)
        results = []
        for plant in PLANTS:
            draw = np.random.default_rng(1)
            rows = ordinary[draw.choice(len(ordinary), PLANTED, replace=False)].copy()
            plant(rows, columns, draw)
            results.append(separation(make(), threshold, baseline, rows))
        mean = np.mean([auc for auc, _ in results])
        alarms = float((baseline > threshold).mean())
        each = milliseconds(make(), ordinary[:50])
        cells = " | ".join(cell for _, cell in results)
        print(f"| {name} | {cells} | {mean:.3f} | {alarms:.1%} | {each:.1f} |", flush=True)


def milliseconds(detector: Any, rows: Matrix) -> float:
    start = time.perf_counter()
    for row in rows:
        score(detector, row[None])
    return (time.perf_counter() - start) * 1000 / len(rows)


def main(arguments: list[str]) -> None:
    if len(arguments) != 2:
        sys.exit("usage: python -m trainers.outlier.compare DATA.csv HOLDOUT.csv")
    tabular_only()
    warnings.simplefilter("ignore")  # scikit-learn on how alibi-detect calls it
    compare(Path(arguments[0]), Path(arguments[1]))


if __name__ == "__main__":
    run(main)
