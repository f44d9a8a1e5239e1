"""From a CloudEvent in binary mode to a row of the log. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

PREFIX = "io.seldon.serving.inference."
KINDS = (f"{PREFIX}request", f"{PREFIX}response")
REQUIRED = ("type", "time", "requestid", "inferenceservicename", "namespace", "endpoint", "modelid")
CAUSE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Logged:
    """`row` holds the columns of the log that the event fills."""

    is_response: bool
    row: Mapping[str, Any]


def logged(headers: Mapping[str, str], body: bytes) -> Logged | str:
    """`headers` in lower case; what is wrong with the event, if it is none of ours."""
    attributes = {
        name.removeprefix("ce-"): unquote(value) for name, value in headers.items() if name.startswith("ce-")
    }
    if missing := [name for name in REQUIRED if not attributes.get(name)]:
        return f"the event has no {', '.join(missing)}"
    if attributes["type"] not in KINDS:
        return f"nobody takes events of type {attributes['type']}"
    try:
        at = datetime.fromisoformat(attributes["time"]).astimezone(UTC)
        status, seconds = int(attributes.get("statuscode", 0)), float(attributes.get("seconds", 0))
    except ValueError as error:
        return f"an attribute is not what it should be: {error}"
    is_json = _is_json(body)
    row = {
        "namespace": attributes["namespace"],
        "deployment": attributes["inferenceservicename"],
        "predictor": attributes["endpoint"],
        "container": attributes["modelid"],
        "request_id": attributes["requestid"],
        "time": at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "model": attributes.get("modelcommit", ""),
        "source": attributes.get("source", ""),
        "body": body if is_json else None,
        "status": status,
        "error": attributes.get("errorcause", "") or cause(status, body, is_json),
        "seconds": seconds,
    }
    return Logged(attributes["type"] == KINDS[1], row)


def cause(status: int, body: bytes, is_json: bool) -> str:
    """Why there is no prediction, in the model's own words if it has any."""
    if status < 400:
        return "" if is_json else "the answer is no JSON"
    said = json.loads(body) if is_json else body.decode(errors="replace").strip()
    if isinstance(said, dict):
        said = said.get("error") or said.get("detail") or said
    text = said if isinstance(said, str) else json.dumps(said)
    return f"status {status}: {text[:CAUSE_LENGTH]}" if text else f"status {status}"


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True
