"""`python -m trainers.explainer.train DATA.csv TRAINING OUT`: write OUT/explainer/, an alibi AnchorTabular.

TRAINING holds model.joblib and schema.json. The model is used to check that an explanation can be had and is
not saved: whoever loads the explainer brings a predictor, on MLServer the deployed model itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np

from trainers.common.arguments import after_training
from trainers.common.encode import Matrix, Schema, categorical, encode, names, sample
from trainers.common.errors import run
from trainers.common.files import read_json
from trainers.common.lean import tabular_only
from trainers.common.table import read_training

if TYPE_CHECKING:
    from alibi.explainers import AnchorTabular

REFERENCE_ROWS = 5_000  # what the explainer draws its perturbations from; saved with it
# Quintiles cut age and hours well; capital gains are zero for 9 in 10 people, so one cut is among the rest.
CUTS = (20, 40, 60, 80, 95)


def fit(model: Any, reference: Matrix, schema: Schema) -> AnchorTabular:
    tabular_only()
    from alibi.explainers import AnchorTabular

    explainer = AnchorTabular(model.predict, names(schema), categorical_names=categorical(schema), seed=0)
    return explainer.fit(reference, disc_perc=CUTS)


def save(explainer: AnchorTabular, folder: Path) -> None:
    """As alibi saves it, less the predictor that its sampler also holds; loading gives both a new one."""
    explainer.samplers[0].predictor = None
    explainer.save(folder)


def train(data: Path, training: Path, out: Path) -> None:
    schema = read_json(training / "schema.json")
    reference = sample(encode(read_training(data), schema), REFERENCE_ROWS)
    model = joblib.load(training / "model.joblib")
    checked = fit(model, reference, schema).explain(reference[0], threshold=0.9)
    precision = float(np.mean(checked.precision))
    print(f"row 1 of the reference: {' and '.join(checked.anchor) or 'always'}, precision {precision:.2f}")
    fresh = fit(model, reference, schema)  # explaining leaves a search tree behind, which is not to be saved
    save(fresh, out / "explainer")


def main(arguments: list[str]) -> None:
    reads = "model.joblib and schema.json"
    train(*after_training("trainers.explainer.train", __doc__, arguments, reads=reads))


if __name__ == "__main__":
    run(main)
