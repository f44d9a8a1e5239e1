"""CloudEvents of what is asked and answered, with Seldon's types and extensions, in binary mode over HTTP."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from releasectl.sandbox.seldon.executor.settings import Node, Settings
from releasectl.sandbox.seldon.wire import request_head

TYPE = "io.seldon.serving.inference"  # .request, .response
LIMIT_BYTES = 300_000  # of a payload, as in Seldon's request logger
TOO_LARGE = f"the payload has more than {LIMIT_BYTES} bytes"


@dataclass(frozen=True, slots=True)
class Event:
    """One side of a call. `status`, `seconds` and `error` say what came of it, `at` when it was, in UTC."""

    kind: str
    node: Node
    request_id: str
    at: float
    body: bytes | None
    content_type: bytes = b"application/json"
    status: int = 0
    seconds: float = 0.0
    error: str = ""


def post(event: Event, settings: Settings, host: bytes, path: bytes) -> bytes:
    """The request that brings `event` to the broker."""
    name, namespace = settings.deployment, settings.namespace
    attributes = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "type": f"{TYPE}.{event.kind}",
        "source": f"http://{name}-{settings.predictor}.{namespace}:8000/",
        "time": timestamp(event.at),
        "modelid": event.node.name,
        "requestid": event.request_id,
        "inferenceservicename": name,
        "namespace": namespace,
        "endpoint": settings.predictor,
        "protocol": settings.protocol,
        # Beyond Seldon's: the model's commit, and what came of the call.
        "modelcommit": event.node.commit,
        "errorcause": event.error,
    }
    if event.kind == "response":
        attributes |= {"statuscode": str(event.status), "seconds": f"{event.seconds:.6f}"}
    body = event.body or b""
    headers = [(b"host", host), (b"content-type", event.content_type), (b"content-length", b"%d" % len(body))]
    headers += [(b"ce-" + key.encode(), _encoded(value)) for key, value in attributes.items() if value]
    return request_head(b"POST", path, headers) + body


def timestamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _encoded(value: str) -> bytes:
    """As the HTTP binding of CloudEvents has it: spaces, quotes and what is not ASCII are percent-encoded."""
    return quote(value, safe="!#$&'()*+,/:;=?@[]-._~<>^`{|}\\").encode()
