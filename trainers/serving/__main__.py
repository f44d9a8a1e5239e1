"""`python -m trainers.serving start FOLDER`: MLServer, whose explainers answer the same question alike.

Seldon's operator names the runtime of an explainer in the environment, whatever its manifest says, so it is
changed here: in the image, and in the sandbox, which starts its servers with this module too.
"""

from __future__ import annotations

import os
from importlib import import_module

RUNTIME = "MLSERVER_MODEL_IMPLEMENTATION"
OURS = {"mlserver_alibi_explain.AlibiExplainRuntime": "trainers.serving.explaining.Repeatable"}


def main() -> None:
    if named := os.environ.get(RUNTIME):
        os.environ[RUNTIME] = OURS.get(named, named)
    import_module("mlserver.cli").main()


if __name__ == "__main__":
    main()
