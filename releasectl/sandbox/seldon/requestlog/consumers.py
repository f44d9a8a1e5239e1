"""The detectors that read the log, and what they are asked and say. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from releasectl.model import Json

DRIFT, OUTLIER = "drift", "outlier"


@dataclass(frozen=True, slots=True)
class Consumer:
    """A detector that serves at `url`. It judges calls of models of its own `commit`, if it has one."""

    namespace: str
    deployment: str
    kind: str
    name: str
    url: str
    commit: str = ""
    batch: int = 0  # rows that a drift detector judges together

    @property
    def key(self) -> str:
        """A detector that comes back goes on where it was."""
        return "/".join((*self.owner, self.kind, self.name, self.commit))

    @property
    def owner(self) -> tuple[str, str]:
        return self.namespace, self.deployment

    @classmethod
    def load(cls, data: Json) -> Consumer:
        return cls(**data)

    def dump(self) -> Json:
        return asdict(self)

    def judges(self, model: str) -> bool:
        """A detector knows the data of one model: that which it was trained with."""
        return not self.commit or not model or self.commit == model


def rows_of(body: bytes) -> list[list[float]]:
    """The rows of the first input, as Seldon's detectors read them; none if it has no matrix of numbers."""
    try:
        request = json.loads(body)
        first = request["inputs"][0]
        count, width = (int(size) for size in first["shape"])
        flat = [float(value) for value in _flat(first["data"])]
    except (ValueError, TypeError, KeyError, IndexError):
        return []
    if width < 1 or len(flat) != count * width or not all(map(math.isfinite, flat)):
        return []
    return [flat[start : start + width] for start in range(0, len(flat), width)]


def question(rows: Sequence[Sequence[float]]) -> bytes:
    data = [value for row in rows for value in row]
    shape = [len(rows), len(rows[0])]
    return json.dumps(
        {"inputs": [{"name": "predict", "shape": shape, "datatype": "FP64", "data": data}]}
    ).encode()


def outlier_replies(answer: Json, sizes: Sequence[int]) -> list[str]:
    """One reply for each request, of requests with so many rows that were asked about together."""
    outputs, meta = _outputs(answer), _meta(answer)
    replies, start = [], 0
    for size in sizes:
        own = slice(start, start + size)
        data: dict[str, Any] = {
            "is_outlier": outputs["is_outlier"][own],
            "instance_score": outputs.get("instance_score", [])[own] or None,
            "feature_score": None,
        }
        replies.append(json.dumps({"data": data, "meta": meta}))
        start += size
    return replies


def drift_reply(answer: Json) -> str:
    outputs, meta = _outputs(answer), _meta(answer)
    data: dict[str, Any] = {"is_drift": int(outputs["is_drift"][0])}
    data |= {name: outputs[name] for name in ("distance", "p_val") if name in outputs}
    if "threshold" in outputs:
        data["threshold"] = outputs["threshold"][0]
    return json.dumps({"data": data, "meta": meta})


def _meta(answer: Json) -> dict[str, Any]:
    """Of the detector, and which commit it is of."""
    return {**(answer.get("parameters") or {}), "model_version": answer.get("model_version")}


def _outputs(answer: Json) -> dict[str, list[Any]]:
    return {output["name"]: list(_flat(output["data"])) for output in answer["outputs"]}


def _flat(value: Json) -> list[Any]:
    return [leaf for item in value for leaf in _flat(item)] if isinstance(value, list) else [value]
