"""SeldonDeployments for the pure parts, and Hypothesis strategies for changes of them."""

from __future__ import annotations

import copy
from typing import Any

INGRESS = "http://127.0.0.1:8003"


def predictor(role: str = "default", **fields: Any) -> dict[str, Any]:
    return {
        "name": role,
        "graph": {"name": "income", "implementation": "SKLEARN_SERVER", "modelUri": "s3://c.master.r/income"},
        "componentSpecs": [{"spec": {"containers": [{"name": "income"}]}}],
        **fields,
    }


def manifest(*predictors: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "income", "namespace": "credit"},
        "spec": {"protocol": "v2", "predictors": list(predictors) or [predictor()], **spec},
    }


def explained(**fields: Any) -> dict[str, Any]:
    explainer = {"type": "AnchorTabular", "modelUri": "s3://c.master.r/income/explainer", **fields}
    return predictor(explainer=explainer)


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the field at the dotted `path` set; numbers in it are positions in a list."""
    new = copy.deepcopy(document)
    *parents, last = path.split(".")
    part: Any = new
    for key in parents:
        part = part[int(key)] if isinstance(part, list) else part.setdefault(key, {})
    part[last] = value
    return new
