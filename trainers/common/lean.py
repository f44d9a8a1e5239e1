"""Import alibi quietly, and without TensorFlow, which it takes where it is (6 s of CPU) and rarely needs."""

from __future__ import annotations

import os
import sys


def quiet() -> None:
    """Libraries that alibi imports announce what else they could do; a job's log is for its own lines."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def without_tensorflow() -> None:
    """Call it before alibi or alibi-detect is imported; None in sys.modules means "not installed"."""
    quiet()
    sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]
