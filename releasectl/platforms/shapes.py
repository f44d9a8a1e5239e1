"""What the toolkit relies on in an answer of Seldon Deploy: blocks where it looks for fields, and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from releasectl.model import Json
from releasectl.wording import kind_of

# A block is a mapping from fields to their shapes, a list holds the shape of its members. Any field may be
# absent or null, and what is not named may be anything.
Shape = Mapping[str, "Shape"] | Sequence["Shape"]

_CONTAINERS: Shape = {"containers": [{"env": [{}]}]}
_NODE: Shape = {"logger": {}, "endpoint": {}}
DEPLOYMENT: Shape = {
    "metadata": {"labels": {}, "annotations": {}},
    "spec": {
        "annotations": {},
        "predictors": [
            {"graph": _NODE, "componentSpecs": [{"spec": _CONTAINERS}], "explainer": {}, "annotations": {}}
        ],
    },
    "status": {"conditions": []},
}
DEPLOYMENTS: Shape = {"items": [DEPLOYMENT]}
DETECTORS: Shape = [{"config": {"basic": {}}}]
LOGS: Shape = {"inferenceLogs": [{}]}
LOGGED: Shape = {"payloads": [{}]}
BLOCK: Shape = {}


def misfit(value: Json, shape: Shape, path: str = "") -> str:
    """Where and how `value` is not of this shape, in words; empty if it is."""
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping):
            return f"{path or 'it'} is {kind_of(value)}, wanted a block of fields"
        within = [(f"{path}.{key}".lstrip("."), value.get(key), below) for key, below in shape.items()]
        parts = [part for part in within if part[1] is not None]
    else:
        if not isinstance(value, list):
            return f"{path or 'it'} is {kind_of(value)}, wanted a list"
        parts = [(f"{path}[{index}]", item, below) for below in shape for index, item in enumerate(value)]
    return next((found for where, item, below in parts if (found := misfit(item, below, where))), "")
