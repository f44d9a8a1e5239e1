"""MLServer's explainers, made repeatable: the same question gets the same reasons.

Anchors are sampled from numpy's one generator, which the last question left anywhere, and an explainer keeps
what it is asked in itself, although MLServer lets several threads ask it. So a row is the seed of its own
explanation, and explanations take turns.
"""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import numpy as np
from mlserver import ModelSettings
from mlserver_alibi_explain import AlibiExplainRuntime


class Repeatable(AlibiExplainRuntime):
    """In its place: a factory too, of whatever runtime the explainer's type asks for."""

    def __new__(cls, settings: ModelSettings) -> Any:
        runtime: Any = super().__new__(cls, settings)
        explain, turn = runtime._explain_impl, threading.Lock()

        def repeatable(input_data: Any, explain_parameters: dict[str, Any]) -> Any:
            with turn:
                np.random.seed(seed(input_data))
                return explain(input_data, explain_parameters)

        runtime._explain_impl = repeatable
        return runtime


def seed(rows: Any) -> int:
    """Of the first row, which is the one that is explained: of its values, however they are written."""
    row = np.asarray(rows[0])
    content = row.astype(float).tobytes() if row.dtype.kind in "biuf" else repr(row.tolist()).encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:4])
