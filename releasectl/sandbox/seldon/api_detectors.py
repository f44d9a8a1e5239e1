"""Seldon Deploy's drift and outlier detectors: named, several per SeldonDeployment, and never updated."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from generators.roundtrip import malformed
from releasectl.model import Json
from releasectl.sandbox.seldon import objects
from releasectl.sandbox.seldon.answers import message, not_found, refuse, reply
from releasectl.sandbox.seldon.api import ONE, addressed, backend
from releasectl.sandbox.seldon.prune import pruned
from releasectl.sandbox.seldon.store import StoredDetector


async def create(request: Request) -> Response:
    namespace, owner = addressed(request)
    body = pruned(objects.decode(await request.body()), "DetectorConfigData")
    if violations := malformed(body, "DetectorConfigData"):
        raise refuse(400, "; ".join(f"{each.field}: {each.message}" for each in violations))
    name = body["name"]
    if not objects.LABEL.fullmatch(name):
        raise refuse(400, f"name: {name!r} must be a lowercase RFC 1123 label")
    namespace, owner = addressed(request)  # it may have gone while the body came in
    detector = StoredDetector(namespace, owner["metadata"]["name"], _kind(request), name, body)
    # Unlike in Seldon Deploy a name is taken for both kinds: it is a path of the ingress.
    if any(each.name == name for each in _all(request)) or not backend(request).store.add_detector(detector):
        raise refuse(409, f'detector "{name}" already exists')
    backend(request).changed()
    return reply(_data(request, detector))


async def list_all(request: Request) -> Response:
    addressed(request)
    kind = _kind(request)
    return reply([_data(request, each) for each in _all(request) if each.kind == kind])


async def read(request: Request) -> Response:
    return reply(_data(request, _one(request)))


async def delete(request: Request) -> Response:
    detector = _one(request)
    backend(request).store.delete_detector(detector)
    backend(request).changed()
    return reply(message(f"detector {detector.name} deleted"))


def _one(request: Request) -> StoredDetector:
    addressed(request)
    name, kind = request.path_params["detector"], _kind(request)
    for each in _all(request):
        if (each.name, each.kind) == (name, kind):
            return each
    raise not_found(name, f"{kind} detector")


def _all(request: Request) -> list[StoredDetector]:
    owner = (request.path_params["namespace"], request.path_params["name"])
    return [each for each in backend(request).store.detectors() if (each.namespace, each.deployment) == owner]


def _kind(request: Request) -> str:
    return "drift" if "/monitor/drift-detector" in request.url.path else "outlier"


def _data(request: Request, detector: StoredDetector) -> Json:
    return {
        **detector.body,
        "namespace": detector.namespace,
        "deployment_kind": "SeldonDeployment",
        "deployment_name": detector.deployment,
        "detector_type": detector.kind,
        "status": backend(request).detector_status(detector),
    }


ROUTES = tuple(
    route
    for kind in ("drift", "outlier")
    for route in (
        Route(f"{ONE}/monitor/{kind}-detector", create, methods=["POST"]),
        Route(f"{ONE}/monitor/{kind}-detector", list_all, methods=["GET"]),
        Route(f"{ONE}/monitor/{kind}-detector/{{detector}}", read, methods=["GET"]),
        Route(f"{ONE}/monitor/{kind}-detector/{{detector}}", delete, methods=["DELETE"]),
    )
)
