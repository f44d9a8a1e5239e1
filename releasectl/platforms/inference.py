"""`Inference` through the ingress: Open Inference Protocol requests to models, explainers and detectors."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from urllib3 import PoolManager, ProxyManager, Timeout
from urllib3 import exceptions as failures

from releasectl.errors import InvalidInput
from releasectl.model import Json, Platform
from releasectl.platforms.http_line import Line
from releasectl.platforms.http_wire import GATEWAY, Peer, parsed
from releasectl.ports import Inference
from releasectl.webhook.names import explainer_name

CONNECTIONS = 16  # kept open, for callers that ask from several threads
SILENT = "it runs, the model server behind it gives no answer: `releasectl status` says whether that is ready"
REMEDIES = {
    **dict.fromkeys(map(str, GATEWAY), SILENT),
    "404": "see with `releasectl status` what is deployed and ready, and under which names",
    "400": "mend the request: its rows must fit the model's features",
    "422": "mend the request: its rows must fit the model's features",
    "500": "see the log of the model server",
}


def build_inference(platform: Platform) -> Inference:
    return Ingress(platform)


class Ingress:
    """See `Inference`. Connections are kept and reused; every request has the platform's timeout."""

    def __init__(self, platform: Platform) -> None:
        self._peer = Peer("the ingress", platform.ingress.rstrip("/"), "/ingress", platform)

    def endpoint(self, namespace: str, name: str) -> str:
        return self._url(namespace, name, "", name)

    def infer(self, namespace: str, name: str, model: str, request: Json) -> Json:
        return self._ask(namespace, name, "", model, request)

    def explain(self, namespace: str, name: str, predictor: str, request: Json) -> Json:
        """MLServer's alibi runtime answers with one output, `explanation`, that holds JSON text."""
        model = explainer_name(name, predictor)
        answer = self._ask(namespace, f"{name}-explainer", predictor, model, request)
        for output in answer["outputs"]:
            if output.get("name") == "explanation" and output.get("data"):
                found = self._explanation(output["data"][0])
                return {**found, "model_version": answer.get("model_version")}
        raise self._peer.unreachable(f"answers for {namespace}/{name} without an explanation")

    def detect(self, namespace: str, name: str, detector: str, request: Json) -> Json:
        """A detector that collects a batch answers without outputs until the batch is full."""
        answer = self._ask(namespace, f"{name}-detectors", detector, detector, request)
        if all({"name", "data"} <= output.keys() for output in answer["outputs"]):
            return {output["name"]: output["data"] for output in answer["outputs"]}
        raise self._peer.unreachable(f"answers for {namespace}/{name} with outputs of another kind")

    def _ask(self, namespace: str, name: str, part: str, model: str, request: Json) -> Mapping[str, Json]:
        answer = self._post(self._url(namespace, name, part, model), f"{namespace}/{name}", request)
        outputs = answer.get("outputs") if isinstance(answer, Mapping) else None
        if not isinstance(outputs, list) or not all(isinstance(output, Mapping) for output in outputs):
            raise self._peer.unreachable(
                f"answers for {namespace}/{name} without outputs: {str(answer)[:80]}"
            )
        return {**answer}

    def _url(self, namespace: str, name: str, part: str, model: str) -> str:
        pieces = ["seldon", namespace, name, *([part] if part else []), "v2", "models", model, "infer"]
        return "/".join((self._peer.url, *(quote(piece, safe="") for piece in pieces)))

    def _post(self, url: str, where: str, request: Json) -> Json:
        connect, read = self._peer.patience
        try:
            with self._line.exchange() as pool:
                response = pool.request(
                    "POST", url,
                    body=_body(request, where),
                    headers={"Content-Type": "application/json", "Accept": "application/json"},
                    timeout=Timeout(connect=connect, read=read),
                    preload_content=False,
                )  # fmt: skip
                answer = self._peer.receive(response)
        except failures.HTTPError as error:
            raise self._peer.broken(error) from None
        if not 200 <= answer.status < 300:
            raise self._peer.refusal(answer, where, REMEDIES)
        return self._peer.value(answer)

    def _explanation(self, text: Json) -> Mapping[str, Json]:
        try:
            return dict(parsed(text))
        except (TypeError, ValueError) as error:
            raise self._peer.unreachable(f"answers with an explanation that is no JSON: {error}") from None

    @cached_property
    def _line(self) -> Line:
        # No retries: a request that found no server in time is the caller's to repeat.
        options: dict[str, Any] = {
            "retries": False,
            "maxsize": CONNECTIONS,
            "ca_certs": os.environ.get("SSL_CERT_FILE"),
        }
        proxy = self._peer.proxy
        pool = ProxyManager(proxy, **options) if proxy else PoolManager(**options)
        return Line(pool, self._peer.platform.timeout_seconds)


def _body(request: Json, where: str) -> bytes:
    try:
        return json.dumps(request, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:
        what = "the request holds NaN or Infinity, which JSON cannot say"
        raise InvalidInput.at(where, what, "fill in or leave out the rows with missing numbers") from None
