"""Seldon Deploy's HTTP API: SeldonDeployments, and the application that holds all of its parts."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router
from starlette.types import Lifespan

from releasectl.model import Json
from releasectl.sandbox.seldon import objects
from releasectl.sandbox.seldon.answers import PLURAL, Refused, deleted, message, not_found, refuse, reply
from releasectl.sandbox.seldon.requestlog.db import LogReader
from releasectl.sandbox.seldon.store import Store, StoredDetector

log = logging.getLogger(__name__)
BASE = "/seldon-deploy/api/v1alpha1"
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Backend:
    """What the API works on: the store, whom to tell of a change, where to ask for predictions, their log."""

    store: Store
    changed: Callable[[], None]
    detector_status: Callable[[StoredDetector], str]
    ingress: str
    log: LogReader


def application(others: Sequence[Route], lifespan: Lifespan[Starlette]) -> Starlette:
    """`others` are the routes beside those of SeldonDeployments; `lifespan` sets `state.backend`."""
    routes = Router([*others, *ROUTES], redirect_slashes=False)
    return Starlette(
        routes=[Mount(BASE, app=routes)],
        exception_handlers={
            Refused: _refused,
            HTTPException: _no_route,
            sqlite3.Error: _fault,  # a full disk, say: no traceback is needed to understand it
            Exception: _fault,
        },
        lifespan=lifespan,
    )


def backend(request: Request) -> Backend:
    found = request.app.state.backend
    assert isinstance(found, Backend)
    return found


def addressed(request: Request) -> tuple[str, Json]:
    """The namespace of the path, and the SeldonDeployment that the path names."""
    namespace, name = request.path_params["namespace"], request.path_params["name"]
    objects.check_namespace(namespace)
    if (found := backend(request).store.object(namespace, name)) is None:
        raise not_found(name)
    return namespace, found


async def create(request: Request) -> Response:
    namespace, store = request.path_params["namespace"], backend(request).store
    objects.check_namespace(namespace)
    manifest = objects.created(objects.admitted(namespace, objects.decode(await request.body())))
    name = manifest["metadata"]["name"]
    if store.object(namespace, name):
        raise refuse(409, f'{PLURAL} "{name}" already exists')
    stored = store.put_object(manifest)
    _tell(request, "created", name)
    return reply(stored)


async def update(request: Request) -> Response:
    namespace, old = addressed(request)
    given, name = objects.decode(await request.body()), old["metadata"]["name"]
    manifest = objects.admitted(namespace, given, name)
    namespace, old = addressed(request)  # it may have changed or gone while the body came in
    if (new := objects.updated(old, manifest, given)) is None:
        return reply(old)
    stored = backend(request).store.put_object(new)
    _tell(request, "updated", name)
    return reply(stored)


async def read(request: Request) -> Response:
    return reply(addressed(request)[1])


async def list_all(request: Request) -> Response:
    namespace, store = request.path_params["namespace"], backend(request).store
    objects.check_namespace(namespace)
    return reply(
        {
            "apiVersion": objects.API_VERSION,
            "kind": "SeldonDeploymentList",
            "metadata": {"resourceVersion": str(store.setting("resourceVersion") or 0)},
            "items": store.objects(namespace),
        }
    )


async def delete(request: Request) -> Response:
    namespace, found = addressed(request)
    metadata = found["metadata"]
    backend(request).store.delete_object(namespace, metadata["name"])
    _tell(request, "deleted", metadata["name"])
    return reply(deleted(metadata["name"], metadata["uid"]))


async def validate(request: Request) -> Response:
    """A GET with a body, as swagger has it; the SDK sends none."""
    namespace, body = request.path_params["namespace"], await request.body()
    objects.check_namespace(namespace)
    if not body:
        raise refuse(400, "the body must be a SeldonDeployment")
    objects.admitted(namespace, objects.decode(body))
    return reply(message("the SeldonDeployment is valid"))


def _tell(request: Request, what: str, name: str) -> None:
    query = request.query_params
    why = " ".join(query[key] for key in ("action", "message") if key in query)
    log.info("%s %s/%s %s", what, request.path_params["namespace"], name, why)
    backend(request).changed()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    log.info("%s %s: %d %s", request.method, request.url.path, error.code, error)
    return reply(error.body, error.code)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, text = error.status_code, f"{request.method} {request.url.path}: {error.detail}"
    if code == 404 and request.url.path.startswith(f"{BASE}/"):
        code, text = 501, f"{request.method} {request.url.path} is not part of the sandbox"
    return await _refused(request, refuse(code, text))


async def _fault(request: Request, error: Exception) -> Response:
    """The server logs the traceback of what nobody expects."""
    return await _refused(request, refuse(500, f"{type(error).__name__}: {error}"))


ONE = "/namespaces/{namespace}/seldondeployments/{name}"
ALL = "/namespaces/{namespace}/seldondeployments"
ROUTES = (
    Route(f"{ALL}/validate", validate, methods=["GET"]),
    Route(ALL, create, methods=["POST"]),
    Route(ALL, list_all, methods=["GET"]),
    Route(ONE, read, methods=["GET"]),
    Route(ONE, update, methods=["PUT"]),
    Route(ONE, delete, methods=["DELETE"]),
)
