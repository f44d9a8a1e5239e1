"""Seldon Deploy's inference logs, read from what the request logger keeps."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from releasectl.model import Json
from releasectl.sandbox.seldon import objects
from releasectl.sandbox.seldon.answers import refuse, reply
from releasectl.sandbox.seldon.api import backend

PAGE, LARGEST_PAGE = 100, 1000
EVER = ("", "~")  # before and after every time
LIST = """
select predictor, container, count(*) as count, min(at) as first, max(at) as last from elements
where namespace = ? and deployment = ? and ? in ('', predictor) and ? in ('', container)
group by predictor, container order by predictor, container
"""
ENDPOINT = "from elements where namespace = ? and deployment = ? and predictor = ? and container = ?"
COUNT = f"select count(*) as count {ENDPOINT} and at >= ? and at < ?"
GET = (
    f"select * {ENDPOINT} and at >= ? and at < ? and (at, request_id) > (?, ?)"
    " order by at, request_id limit ?"
)


async def list_logs(request: Request) -> Response:
    query = request.query_params
    namespace, name = query.get("namespace", ""), query.get("deploymentName", "")
    if not namespace or not name:
        raise refuse(400, "namespace and deploymentName are required")
    chosen = query.get("predictorName", ""), query.get("containerName", "")
    found = [
        {
            "namespace": namespace,
            "name": name,
            "predictor": row["predictor"],
            "container": row["container"],
            "count": str(row["count"]),  # an int64 is a text in the JSON of protobuf
            "startTime": row["first"],
            "endTime": row["last"],
        }
        for row in backend(request).log.rows(LIST, namespace, name, *chosen)
    ]
    return reply({"inferenceLogs": found})


async def get_log(request: Request) -> Response:
    namespace, name = request.path_params["namespace"], request.path_params["name"]
    body, log = objects.decode(await request.body()), backend(request).log
    predictor, container = _text(body, "predictorName"), _text(body, "containerName")
    if not predictor or not container:
        raise refuse(400, "predictorName and containerName are required")
    endpoint = namespace, name, predictor, container
    span = _time(body, "startTime", EVER[0]), _time(body, "endTime", EVER[1])
    limit, place = _limit(body), _place(_text(body, "pageToken"))
    rows = log.rows(GET, *endpoint, *span, *place, limit + 1)
    page, more = rows[:limit], len(rows) > limit
    return reply(
        {
            "namespace": namespace,
            "deploymentName": name,
            "predictorName": predictor,
            "containerName": container,
            "payloads": [_element(dict(row)) for row in page],
            "nextPageToken": _token(page[-1]["at"], page[-1]["request_id"]) if more else "",
            "totalCount": str(log.rows(COUNT, *endpoint, *span)[0]["count"] if rows else 0),
        }
    )


def _element(row: Json) -> Json:
    request = {
        "payload": _payload(row["request"]),
        "ce-time": row["request_time"],
        "ce-source": row["source"],
    }
    request |= {kind: json.loads(row[kind]) for kind in ("outlier", "drift") if row[kind]}
    found = {"requestId": row["request_id"], "timestamp": row["at"]}
    if row["request_time"]:
        found["request"] = request
    if row["response_time"]:
        found["response"] = {
            "payload": _payload(row["response"]),
            "ce-time": row["response_time"],
            "ce-source": row["source"],
            "status": row["status"],
            "error": row["error"],
            "seconds": row["seconds"],
        }
    return found


def _payload(body: bytes | None) -> Json:
    return None if body is None else json.loads(body)


def _text(body: Json, key: str) -> str:
    value = body.get(key) or ""
    if not isinstance(value, str):
        raise refuse(400, f"{key} must be a text")
    return value


def _time(body: Json, key: str, absent: str) -> str:
    """In the form in which times are kept, so that texts compare as times do."""
    text = _text(body, key)
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise refuse(400, f"{key}: {text!r} is no time; write it as in RFC 3339") from None
    if found is None:
        return absent
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _limit(body: Json) -> int:
    value = body.get("limit")
    try:
        limit = PAGE if value is None else int(value)
    except (TypeError, ValueError):
        raise refuse(400, f"limit: {value!r} is no number") from None
    return max(1, min(limit, LARGEST_PAGE))


def _token(at: str, request_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([at, request_id]).encode()).decode()


def _place(token: str) -> tuple[str, str]:
    if not token:
        return "", ""
    try:
        at, request_id = json.loads(base64.urlsafe_b64decode(token))
        return str(at), str(request_id)
    except (ValueError, TypeError):
        raise refuse(400, f"pageToken: {token[:40]!r} is not one that a page before said") from None


ROUTES = (
    Route("/inference-logs/seldondeployments", list_logs, methods=["GET"]),
    Route("/inference-logs/namespace/{namespace}/seldondeployments/{name}", get_log, methods=["POST"]),
)
