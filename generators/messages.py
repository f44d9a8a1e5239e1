"""Pachyderm's own message type for a pipeline spec, without the client that it comes with."""

from __future__ import annotations

from typing import Any

from releasectl.lean import lean


def pipeline_request() -> Any:
    """An empty CreatePipelineRequest. The client would be a fifth of what `releasectl check` takes."""
    lean("python_pachyderm")
    from python_pachyderm.proto.v2.pps.pps_pb2 import CreatePipelineRequest

    return CreatePipelineRequest()
