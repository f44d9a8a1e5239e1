"""Pachyderm's own message type for a pipeline spec, without the client that it comes with."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any, Final

PACKAGE: Final = "python_pachyderm"


def pipeline_request() -> Any:
    """An empty CreatePipelineRequest.

    Its package imports gRPC and all of Pachyderm's services, a fifth of what `releasectl check` takes. So
    until somebody imports it in earnest it is no more than the folder in which its messages are found.
    """
    if PACKAGE in sys.modules:
        return _request()
    found = importlib.util.find_spec(PACKAGE)
    if found is None:
        raise ImportError(f"{PACKAGE} is not installed")
    sys.modules[PACKAGE] = importlib.util.module_from_spec(found)  # which does not run it
    try:
        return _request()
    finally:
        del sys.modules[PACKAGE]


def _request() -> Any:
    from python_pachyderm.proto.v2.pps.pps_pb2 import CreatePipelineRequest

    return CreatePipelineRequest()
