"""What the API server keeps of an object: it drops fields of no schema, and nulls, without a word.

The schema is that of the SDK's models, corrected by the tables in `generators.required`.
"""

from __future__ import annotations

from collections.abc import Mapping

from generators.required import MAX_CHILDREN, NEWER_THAN_CRD, OPAQUE
from generators.roundtrip import NATIVE, shape
from releasectl.model import Json

# Set by the server, so that what a client sends of them is dropped.
SERVER_SIDE = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)


def pruned(value: Json, kind: str = "SeldonDeployment", depth: int = 0) -> Json:
    """`value` without what the schema of `kind` does not know; a wrong type is left for the validation."""
    if kind.startswith("list["):
        return [pruned(item, kind[5:-1], depth) for item in value] if isinstance(value, list) else value
    if kind.startswith("dict("):
        inner = kind.partition(", ")[2][:-1]
        return (
            {key: pruned(item, inner, depth) for key, item in value.items() if item is not None}
            if isinstance(value, Mapping)
            else value
        )
    if kind in NATIVE or kind in OPAQUE or not isinstance(value, Mapping) or not shape(kind).fields:
        return value
    known = {
        key: inner for key, inner in shape(kind).fields.items() if key not in NEWER_THAN_CRD.get(kind, ())
    }
    if kind == "PredictiveUnit" and depth >= MAX_CHILDREN:
        known.pop("children", None)
    below = depth + 1 if kind == "PredictiveUnit" else depth
    return {
        key: pruned(item, known[key], below)
        for key, item in value.items()
        if key in known and item is not None
    }
