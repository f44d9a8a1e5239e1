"""`python -m trainers.drift.train DATA.csv TRAINING OUT`: write OUT/drift/, an alibi-detect TabularDrift.

Kolmogorov-Smirnov for numbers, chi-squared for categories, Bonferroni over the features. TRAINING holds
schema.json.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainers.common.arguments import after_training
from trainers.common.encode import Matrix, Schema, categorical, encode, sample
from trainers.common.errors import run
from trainers.common.files import read_json
from trainers.common.lean import tabular_only
from trainers.common.table import read_training

if TYPE_CHECKING:
    from alibi_detect.cd import TabularDrift

REFERENCE_ROWS = 4_000  # saved with the detector and compared with each batch: more is slower, hardly sharper
P_VALUE = 0.01  # of a whole batch; rare categories make chi-squared alarm a few times more often


def seen(reference: Matrix, schema: Schema) -> dict[int, list[int]]:
    """The codes in each categorical column. One declared, but in neither sample, would break chi-squared."""
    return {index: [int(code) for code in np.unique(reference[:, index])] for index in categorical(schema)}


def fit(matrix: Matrix, schema: Schema) -> TabularDrift:
    from alibi_detect.cd import TabularDrift

    reference = sample(matrix, REFERENCE_ROWS)
    codes = seen(reference, schema)
    return TabularDrift(reference, p_val=P_VALUE, categories_per_feature=codes, data_type="tabular")


def train(data: Path, training: Path, out: Path) -> None:
    schema = read_json(training / "schema.json")
    matrix = encode(read_training(data), schema)
    tabular_only()
    from alibi_detect.saving import save_detector

    detector = fit(matrix, schema)
    (out / "drift").mkdir(parents=True, exist_ok=True)
    save_detector(detector, out / "drift")
    print(f"reference of {len(detector.x_ref):,} rows, {len(schema['features'])} features, p < {P_VALUE}")


def main(arguments: list[str]) -> None:
    train(*after_training("trainers.drift.train", __doc__, arguments, reads="schema.json"))


if __name__ == "__main__":
    run(main)
