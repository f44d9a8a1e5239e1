"""`python -m trainers.outlier.train DATA.csv TRAINING OUT`: write OUT/outlier/, an alibi-detect Mahalanobis.

It beat isolation forests on planted outliers (trainers/outlier/compare.py). TRAINING holds schema.json.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainers.common.arguments import after_training
from trainers.common.encode import Matrix, encode
from trainers.common.errors import run
from trainers.common.files import read_json
from trainers.common.lean import tabular_only
from trainers.common.table import read_training

if TYPE_CHECKING:
    from alibi_detect.od import Mahalanobis

ORDINARY = 99.0  # percentile of the training scores that is still ordinary
# alibi-detect's Mahalanobis goes on learning from what it is asked. Weighed as if from this many rows, what
# it learned here stays: the same question gets the same answer in every replica and after every restart.
FROZEN_ROWS = 10**9
STATE = (  # what alibi-detect keeps of a Mahalanobis: arguments of its class, then attributes
    *("threshold", "n_components", "std_clip", "start_clip", "max_n", "cat_vars", "ohe"),
    *("d_abs", "clip", "mean", "C", "n"),
)


def components(covariance: Matrix) -> int:
    """All, less those without variance: with a singular covariance every score would silently be 0."""
    variances = np.sort(np.linalg.eigvalsh(covariance))[::-1]
    return max(1, int((variances > 1e-12 * variances[0]).sum()))


def fit(matrix: Matrix) -> Mahalanobis:
    from alibi_detect.od import Mahalanobis

    detector = Mahalanobis(threshold=np.inf, n_components=matrix.shape[1])
    detector.score(matrix)
    detector.n = FROZEN_ROWS
    detector.n_components = components(detector.C)
    detector.infer_threshold(matrix, ORDINARY)
    detector.threshold = float(detector.threshold)
    return detector


def save(detector: Mahalanobis, folder: Path) -> None:
    """The files that alibi-detect would write; its function for it imports TensorFlow: 4 s of CPU, 0.4 GB."""
    import dill

    folder.mkdir(parents=True, exist_ok=True)
    state = {name: getattr(detector, name) for name in STATE}
    for name, content in (("meta", detector.meta), (detector.meta["name"], state)):
        (folder / f"{name}.dill").write_bytes(dill.dumps(content))


def train(data: Path, training: Path, out: Path) -> None:
    schema = read_json(training / "schema.json")
    tabular_only()
    matrix = encode(read_training(data), schema)
    detector = fit(matrix)
    save(detector, out / "outlier")
    print(f"{detector.n_components} components of {matrix.shape[1]}, threshold {detector.threshold:.4g}")


def main(arguments: list[str]) -> None:
    train(*after_training("trainers.outlier.train", __doc__, arguments, reads="schema.json"))


if __name__ == "__main__":
    run(main)
