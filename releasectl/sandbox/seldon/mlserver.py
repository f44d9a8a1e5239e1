"""How an MLServer is started, and the requests and answers of each kind.

Every server speaks the Open Inference Protocol; a request needs `Content-Type: application/json`.

MODEL (mlserver_sklearn), POST /seldon/<namespace>/<sdep>/v2/models/<node>/infer:
    {"inputs": [{"name": "predict", "shape": [2, 2], "datatype": "FP64", "data": [[40, 1], [60, 2]]}],
     "outputs": [{"name": "predict"}, {"name": "predict_proba"}]}
  `data` may be flat or nested; without `outputs` only `predict` is answered.
    {"model_name": "income", "model_version": "<MLSERVER_MODEL_VERSION>", "id": "...", "parameters": {},
     "outputs": [{"name": "predict", "shape": [2, 1], "datatype": "INT64",
                  "parameters": {"content_type": "np"}, "data": [1, 1]},
                 {"name": "predict_proba", "shape": [2, 2], "datatype": "FP64", ...,
                  "data": [0.49, 0.51, 0.0, 1.0]}]}
  `data` of an answer is flat, row by row; columns of predict_proba are the classes. `predict` of a model
  with text classes has datatype BYTES and the texts as data. Errors: 400 and 404 {"error": "..."} (unknown
  output, unknown model), 422 {"detail": [...]} (no JSON, wrong schema), 500 text/plain (the model raised).

EXPLAINER (mlserver_alibi_explain),
  POST /seldon/<namespace>/<sdep>-explainer/<predictor>/v2/models/<sdep>-<predictor>-explainer/infer
  (containerSpec.name instead of <sdep>-<predictor>-explainer, if it has one):
    {"inputs": [{"name": "predict", "shape": [1, 2], "datatype": "FP64", "data": [[40, 1]]}],
     "parameters": {"explain_parameters": {"threshold": 0.95}}}
  Only row 0 is explained; `explain_parameters` are the keywords of alibi's explain().
    {"model_name": "...", "outputs": [{"name": "explanation", "shape": [1, 1], "datatype": "BYTES",
      "parameters": {"content_type": "str"}, "data": ["<JSON text>"]}]}
  The JSON text: {"meta": {...}, "data": {"anchor": ["age > 39.50", "work = b"], "precision": 0.91,
   "coverage": 0.19, "raw": {"feature": [0, 1], "prediction": [1], "instance": [40.0, 1.0], ...}}}.
  POST <same prefix>/explain takes the same request and answers that JSON bare.

DETECTORS (mlserver_alibi_detect),
  POST /seldon/<namespace>/<sdep>-detectors/<detector>/v2/models/<detector>/infer, inputs as above;
  a request is one batch:
    drift:   outputs is_drift INT64 [1, 1], distance FP32 [1, features], p_val FP32 [1, features],
             threshold FP64 [1, 1]; parameters {"name": "TabularDrift", "detector_type": "drift", ...}
    outlier: outputs instance_score FP64 [1, rows], is_outlier INT64 [1, rows],
             feature_score BYTES [1, 1] with data [null]
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from releasectl.sandbox.seldon.values import Container

RUNTIMES = {  # the prepackaged servers that the sandbox has, and their MLServer runtimes
    "SKLEARN_SERVER": "mlserver_sklearn.SKLearnModel",
    "XGBOOST_SERVER": "mlserver_xgboost.XGBoostModel",
}
EXPLAIN = "mlserver_alibi_explain.AlibiExplainRuntime"
DETECT = "mlserver_alibi_detect.AlibiDetectRuntime"
EXPLAINERS = {  # explainer.type, and what MLServer calls it
    "AnchorTabular": "anchor_tabular",
    "AnchorImages": "anchor_image",
    "AnchorText": "anchor_text",
    "KernelShap": "kernel_shap",
    "IntegratedGradients": "integrated_gradients",
    "TreeShap": "tree_shap",
}
THREADS = {  # many servers share a laptop's cores
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
# The start of a server is imports, so it is told which packages it does not use; see inside/serve.py.
SERVE = Path(__file__).with_name("inside") / "serve.py"
PLOTTING = ("matplotlib", "mpl_toolkits")
EXPLAINERS_WITHOUT = {
    "anchor_tabular": ("tensorflow", "spacy", "shap", "skimage", *PLOTTING),
    "kernel_shap": ("tensorflow",),
}
DETECTORS_WITHOUT = ("tensorflow", "transformers", *PLOTTING)
LEAN_DETECTORS = ("TabularDrift", "KSDrift", "ChiSquareDrift", "CVMDrift", "FETDrift")
LEAN_OUTLIERS = ("Mahalanobis", "IForest")
MODEL_ABSENT = ("PredictorCallError",)  # an explainer asks its model while it loads
PORT_TAKEN = ("address already in use", "Failed to bind to address")


class Ports(NamedTuple):
    http: int
    grpc: int
    metrics: int


def command(servers: Path, container: Container, models: Path) -> tuple[str, ...]:
    packages = ",".join(unused(container, models))
    return (str(servers / "bin" / "python"), str(SERVE), packages, "start", str(models))


def unused(container: Container, models: Path) -> tuple[str, ...]:
    """The heavy packages that this explainer or detector does without."""
    if container.runtime == EXPLAIN:
        extra = json.loads(dict(container.env)["MLSERVER_MODEL_EXTRA"])
        return EXPLAINERS_WITHOUT.get(extra["explainer_type"], ())
    if container.runtime != DETECT:
        return ()
    if any((models / f"{name}.dill").is_file() for name in LEAN_OUTLIERS):
        return DETECTORS_WITHOUT
    try:
        config = tomllib.loads((models / "config.toml").read_text())
    except (OSError, ValueError):
        return ()
    lean = config.get("name") in LEAN_DETECTORS and config.get("preprocess_fn", "None") == "None"
    return DETECTORS_WITHOUT if lean else ()


def environment(
    inherited: Mapping[str, str], container: Container, models: Path, ports: Ports
) -> dict[str, str]:
    """What Seldon's operator sets; variables of the container win over those before them."""
    base = {key: value for key, value in inherited.items() if not key.startswith(("MLSERVER_", "PYTHON"))}
    return {
        **base,
        **THREADS,
        "PYTHONUNBUFFERED": "1",
        "MLSERVER_DEBUG": "false",  # no line per request
        "MLSERVER_MODEL_NAME": container.model,
        "MLSERVER_MODEL_URI": str(models),
        "MLSERVER_MODEL_IMPLEMENTATION": container.runtime,
        **dict(container.env),
        # Last, so that no manifest changes them: the operator would not find the server, or anybody would.
        "MLSERVER_HOST": "127.0.0.1",
        "MLSERVER_PARALLEL_WORKERS": "0",  # workers of their own crash at start under uvloop >= 0.22
        "MLSERVER_HTTP_PORT": str(ports.http),
        "MLSERVER_GRPC_PORT": str(ports.grpc),
        "MLSERVER_METRICS_PORT": str(ports.metrics),
        "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": str(ports.http),
        "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": str(ports.grpc),
        "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": str(ports.metrics),
    }


def explainer_extra(kind: str, init_parameters: str, infer_uri: str) -> tuple[str, str]:
    """MLSERVER_MODEL_EXTRA of an explainer, and why there can be none."""
    if kind not in EXPLAINERS:
        return "", f"MLServer has no runtime for explainers of type {kind}; it has {', '.join(EXPLAINERS)}"
    extra = {"explainer_type": EXPLAINERS[kind], "infer_uri": infer_uri, "infer_output": "predict"}
    if not init_parameters:
        return json.dumps(extra), ""
    try:
        parameters = json.loads(init_parameters)
    except ValueError as error:
        return "", f"explainer.initParameters is not JSON: {error}"
    # With them MLServer builds a new explainer and does not load the saved one.
    return json.dumps({**extra, "init_parameters": parameters}), ""


def last_words(log: str) -> str:
    """Why a server ended, in its own words: its last exception, else its last lines."""
    lines = log.strip().splitlines()
    traces = [
        index for index, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")
    ]
    if not traces:
        return "\n".join(lines[-5:]) or "it ended without a word"
    said = [line for line in lines[traces[-1] + 1 :] if not line.startswith(" ")]
    return said[0] if said else lines[-1]


def may_pass(log: str) -> bool:
    """Whether what ended the server may be gone at the next start."""
    return any(text in log for text in (*PORT_TAKEN, *MODEL_ABSENT))
