"""`python -m trainers.drift.alarms DATA.csv HOLDOUT.csv`: how often does ordinary data raise an alarm?

Batches drawn from the holdout should not; batches of applicants over 40 should.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from trainers.common.encode import Matrix, encode, schema_of
from trainers.common.errors import run
from trainers.common.lean import tabular_only
from trainers.common.table import read_holdout, read_training
from trainers.drift.train import fit

BATCHES = 60
SIZES = (50, 100, 200, 500, 1000)


def measure(data: Path, holdout: Path) -> None:
    table = read_training(data)
    schema = schema_of(table)
    detector = fit(encode(table, schema), schema)
    ordinary = encode(read_holdout(holdout), schema)
    older = ordinary[ordinary[:, 0] > 40]

    def alarms(rows: Matrix, size: int) -> float:
        draw = np.random.default_rng(0)
        picks = (draw.choice(len(rows), size, replace=False) for _ in range(BATCHES))
        return float(np.mean([detector.predict(rows[pick])["data"]["is_drift"] for pick in picks]))

    print("| rows a batch | ordinary | over 40 |\n|---|---|---|")
    for size in SIZES:
        print(f"| {size:,} | {alarms(ordinary, size):.0%} | {alarms(older, size):.0%} |", flush=True)


def main(arguments: list[str]) -> None:
    if len(arguments) != 2:
        sys.exit("usage: python -m trainers.drift.alarms DATA.csv HOLDOUT.csv")
    tabular_only()
    measure(Path(arguments[0]), Path(arguments[1]))


if __name__ == "__main__":
    run(main)
