"""Run by the trainers' Python: saves a tiny artefact of each kind, below a folder of its name in FOLDER."""
# ruff: noqa: E402

from __future__ import annotations

import sys
from pathlib import Path

from trainers.common.lean import tabular_only

tabular_only()

import dill
import joblib
import numpy as np
from alibi.explainers import AnchorTabular
from alibi_detect.cd import TabularDrift
from alibi_detect.od import IForest
from alibi_detect.saving import save_detector
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(sys.argv[1])
random = np.random.default_rng(0)
X = np.c_[random.normal(40, 10, 300), random.integers(0, 3, 300)].astype(float)
y = (X[:, 0] + 5 * X[:, 1] > 45).astype(int)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)

TELL = """\
(lambda json, os, model: (json.dump(dict(os.environ), open("environment.json", "w")), model)[1])(
    __import__("json"), __import__("os"), model)
"""


class Telling:
    """Once it is loaded it is the model, and what the server was told is in the folder that it works in."""

    def __reduce__(self):
        return eval, (TELL, {"model": model})


def of(kind: str) -> Path:
    made = folder / kind
    made.mkdir(parents=True)
    return made


joblib.dump(model, of("model") / "model.joblib")
joblib.dump(Telling(), of("telling") / "model.joblib")

explainer = AnchorTabular(model.predict, ["age", "work"], categorical_names={1: ["a", "b", "c"]}, seed=0)
explainer.fit(X)
explainer.save(of("explainer") / "explainer")

save_detector(TabularDrift(X, p_val=0.05, categories_per_feature={1: 3}), of("drift") / "drift")

forest = IForest(n_estimators=20)
forest.fit(X)
forest.infer_threshold(X, threshold_perc=95)
state = {"threshold": forest.threshold, "isolationforest": forest.isolationforest}
outlier = of("outlier") / "outlier"
outlier.mkdir()
for name, content in (
    ("meta", forest.meta),
    (forest.meta["name"], state),
):  # what save_detector writes
    (outlier / f"{name}.dill").write_bytes(dill.dumps(content))
