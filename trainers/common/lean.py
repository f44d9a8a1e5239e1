"""Import alibi quietly, and without TensorFlow, which it takes where it is (6 s of CPU) and we never need."""

from __future__ import annotations

import os
import sys


def without_tensorflow() -> None:
    """Call it before alibi or alibi-detect is imported; None in sys.modules means "not installed".

    Libraries that they import announce what else they could do; a job's log is for its own lines.
    """
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]
