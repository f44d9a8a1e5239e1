"""`RequestLog` over Seldon Deploy's inference-log API, on the line and with the errors of `seldon_deploy`.

What the API holds, in the message shapes of seldon-deploy-sdk 2.4.0. Every node whose `logger` is on has its
own log: that of a namespace, a SeldonDeployment, a predictor (CloudEvents extension `endpoint`) and a
container (extension `modelid`).

GET  /inference-logs/seldondeployments?namespace=&deploymentName=[&predictorName=&containerName=]
     V1ListDeploymentInferenceLogsResponse: inferenceLogs[] of {namespace, name, predictor, container, count,
     startTime, endTime}, one for every log that is not empty.
POST /inference-logs/namespace/{namespace}/seldondeployments/{deploymentName}
     Body1: predictorName, containerName (both required), startTime (included), endTime (not included), limit
     (elements of a page, at most 1000, 100 if absent), pageToken (as the page before said).
     V1GetDeploymentInferenceLogsResponse: namespace, deploymentName, predictorName, containerName,
     payloads[], nextPageToken ("" on the last page), totalCount (elements between startTime and endTime).
     Elements come by timestamp, then by requestId. An empty log is 200 with no payloads; an unknown
     pageToken is 400; a server without a request logger is 501.

payloads[] of V1InferenceLogsRawPayload, one for every request id (its events are merged):
     requestId   the Seldon-Puid, extension `requestid`; the same under a predictor and under its shadow
     timestamp   RFC 3339 in UTC: ce-time of the request event
     request     {"payload": the Open Inference request as the model got it,
                  "ce-time", "ce-source": of the event,
                  "outlier": the outlier detector's reply, {"data": {"is_outlier": [0 or 1 a row], ...},
                             "meta": {...}}; absent until it has come,
                  "drift":   the drift detector's reply, {"data": {"is_drift": 0 or 1, ...}, "meta": {...}};
                             only on the request that filled a batch}
     response    {"payload": the Open Inference response, whose model_version is the commit that answered;
                             null if the model gave no answer in JSON,
                  "ce-time", "ce-source": of the event,
                  "status": the HTTP status of the model's answer, 0 if there was none,
                  "error": why there is no prediction, "" if there is one,
                  "seconds": from the first byte to the model to the last byte from it}
                 absent while no response event has come: the request is in flight, or failed (Seldon's own
                 executor logs no failures), or the event was dropped.
An element of Seldon's own logger may hold the bare payload in place of the object around it; then `seconds`
is the difference of the ce-times, if there are any, and a response counts as a success.

What a request may say of its rows for the audit is described in `releasectl.requestlog`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from releasectl.model import Json, Missing, Platform
from releasectl.platforms.http_wire import parsed
from releasectl.platforms.seldon_deploy import SeldonDeploy
from releasectl.platforms.shapes import LOGGED, LOGS
from releasectl.ports import Endpoint, LoggedCall, LoggedSpan, RequestLog

API = "InferenceLogsServiceApi"
PAGE = 100  # Seldon's logger keeps payloads of up to 300 kB, and an answer may have 64 MiB
REMEDIES = {
    "501": "the server keeps no inference logs: install Seldon's request logger (requestLogger.create)"
}


def build_request_log(platform: Platform) -> RequestLog:
    return SeldonRequestLog(platform)


class SeldonRequestLog:
    """See `RequestLog`. The SDK is imported and a connection made at the first call."""

    def __init__(self, platform: Platform) -> None:
        self._deploy = SeldonDeploy(platform)

    def endpoints(self, namespace: str, name: str) -> Mapping[Endpoint, LoggedSpan]:
        answer = self._deploy.fitting(
            self._deploy._call(
                API, "inference_logs_service_list_deployment_inference_logs",
                where=f"{namespace}/{name}", remedies=REMEDIES, namespace=namespace, deployment_name=name,
            ),
            LOGS,
        )  # fmt: skip
        found: dict[Endpoint, LoggedSpan] = {}
        for item in answer.get("inferenceLogs") or ():
            endpoint = Endpoint(str(item.get("predictor") or ""), str(item.get("container") or ""))
            span = moment(item.get("startTime")), moment(item.get("endTime"))
            found[endpoint] = LoggedSpan(self._count(item.get("count")), *span)
        return found

    def calls(
        self,
        namespace: str,
        name: str,
        endpoint: Endpoint,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[LoggedCall]:
        """The end is fixed at the start: a log that grows while it is read would never be read."""
        body = {
            "predictorName": endpoint.predictor,
            "containerName": endpoint.container,
            "limit": PAGE,
            "endTime": rfc3339(until or datetime.now(UTC)),
        } | ({"startTime": rfc3339(since)} if since else {})
        seen = set[str]()
        while True:
            page = self._page(namespace, name, endpoint, body)
            for element in page.get("payloads") or ():
                yield self._call_of(element)
            token = str(page.get("nextPageToken") or "")
            if not token:
                return
            if token in seen:
                raise self._deploy._peer.unreachable(
                    f"gives the page {token!r} of the log of {namespace}/{name} without end",
                    "see its log; a shorter --since may need one page only",
                )
            seen.add(token)
            body["pageToken"] = token

    def _page(
        self, namespace: str, name: str, endpoint: Endpoint, body: Mapping[str, Json]
    ) -> Mapping[str, Json]:
        answer: Mapping[str, Json] = self._deploy.fitting(
            self._deploy._call(
                API, "inference_logs_service_get_deployment_inference_logs", namespace, name, dict(body),
                where=f"{namespace}/{name} log of {endpoint.predictor}/{endpoint.container}",
                remedies=REMEDIES,
            ),
            LOGGED,
        )  # fmt: skip
        return answer

    def _call_of(self, element: Mapping[str, Json]) -> LoggedCall:
        request, response = part(element.get("request")), part(element.get("response"))
        at = moment(element.get("timestamp"))
        if isinstance(at, Missing):
            at = moment(request.get("ce-time"))
        if isinstance(at, Missing) or not element.get("requestId"):
            raise self._deploy._peer.unreachable(
                f"has a logged call without requestId or timestamp: {json.dumps(element)[:120]}"
            )
        return LoggedCall(
            request_id=str(element["requestId"]),
            at=at,
            request=payload(request, "no request is logged"),
            response=payload(response, "no response is logged"),
            status=status(response),
            error=str(response.get("error") or ""),
            seconds=seconds(request, response),
            outlier=request.get("outlier") or Missing("no outlier detector replied"),
            drift=request.get("drift") or Missing("no drift detector replied"),
        )

    def _count(self, value: Json) -> int:
        try:
            return int(value or 0)  # an int64 is a text in the JSON of protobuf
        except (TypeError, ValueError):
            raise self._deploy._peer.unreachable(f"counts {value!r} logged calls") from None


def part(value: Json) -> Mapping[str, Json]:
    """A logged message with what the logger says of it; a bare payload gets such an object around it."""
    if not isinstance(value, Mapping):
        return {} if value is None else {"payload": value}
    return value if "payload" in value and not {"inputs", "outputs"} & value.keys() else {"payload": value}


def payload(message: Mapping[str, Json], reason: str) -> Json | Missing:
    """Elasticsearch keeps some payloads as text."""
    found = message.get("payload")
    if isinstance(found, str):
        try:
            found = parsed(found)
        except ValueError:
            return Missing("the payload that is logged is no JSON")
    return Missing(reason) if found is None else found


def status(response: Mapping[str, Json]) -> int | Missing:
    found = response.get("status")
    return found if isinstance(found, int) and found else Missing("no status is logged")


def seconds(request: Mapping[str, Json], response: Mapping[str, Json]) -> float | Missing:
    found = response.get("seconds")
    if isinstance(found, int | float) and not isinstance(found, bool):
        return float(found)
    start, end = moment(request.get("ce-time")), moment(response.get("ce-time"))
    if isinstance(start, Missing) or isinstance(end, Missing):
        return Missing("neither a duration nor two times are logged")
    return (end - start).total_seconds()


def moment(text: Json) -> datetime | Missing:
    """A time in RFC 3339, which may have nanoseconds; without an offset it is in UTC."""
    try:
        found = datetime.fromisoformat(str(text)[:64])
    except ValueError:
        return Missing(f"{text!r} is no time")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def rfc3339(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
