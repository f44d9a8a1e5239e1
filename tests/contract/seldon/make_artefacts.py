"""Run by the trainers' Python: saves tiny artefacts of the kinds named, into the folder named before them."""

from __future__ import annotations

import sys
from pathlib import Path

if "outlier" not in sys.argv:
    sys.modules["tensorflow"] = None  # type: ignore[assignment]  # only saving an outlier detector needs it

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder, kinds = Path(sys.argv[1]), sys.argv[2:]
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


if "model" in kinds:
    joblib.dump(model, folder / "model.joblib")
if "telling" in kinds:
    joblib.dump(Telling(), folder / "model.joblib")
if "explainer" in kinds:
    from alibi.explainers import AnchorTabular

    explainer = AnchorTabular(model.predict, ["age", "work"], categorical_names={1: ["a", "b", "c"]}, seed=0)
    explainer.fit(X)
    explainer.save(folder / "explainer")
if "drift" in kinds:
    from alibi_detect.cd import TabularDrift
    from alibi_detect.saving import save_detector

    save_detector(TabularDrift(X, p_val=0.05, categories_per_feature={1: 3}), folder / "drift")
if "outlier" in kinds:
    from alibi_detect.od import IForest
    from alibi_detect.saving import save_detector

    forest = IForest(n_estimators=20)
    forest.fit(X)
    forest.infer_threshold(X, threshold_perc=95)
    save_detector(forest, folder / "outlier")
