"""What Seldon Deploy says of itself, and predictions and explanations that it passes on to the ingress."""

from __future__ import annotations

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from releasectl import __version__
from releasectl.model import Json
from releasectl.sandbox.seldon.answers import refuse, reply
from releasectl.sandbox.seldon.api import ONE, addressed, backend
from releasectl.webhook.names import explainer_name

TIMEOUT = httpx.Timeout(120, connect=5)
USER = {"Id": "sandbox", "Name": "sandbox", "Email": "", "Groups": []}  # there is no login


async def version(_: Request) -> Response:
    return reply({"BuildVersion": f"2.4.0-releasectl-{__version__}", "ReleaseType": "sandbox"})


async def healthcheck(_: Request) -> Response:
    return reply({"Elastic": "not installed", "Prometheus": "not installed"})


async def user(_: Request) -> Response:
    return reply(USER)


async def cluster(request: Request) -> Response:
    """A namespace exists as soon as something is in it."""
    namespaces = {each["metadata"]["namespace"] for each in backend(request).store.objects()}
    return reply({"Namespaces": [{"kind": "Namespace", "name": name} for name in sorted(namespaces)]})


async def predict(request: Request) -> Response:
    namespace, found = addressed(request)
    name, node = found["metadata"]["name"], found["spec"]["predictors"][0]["graph"]["name"]
    return await _pass_on(request, f"/seldon/{namespace}/{name}/v2/models/{node}/infer")


async def explain(request: Request) -> Response:
    """By the explainer of the first predictor that has one."""
    namespace, found = addressed(request)
    name = found["metadata"]["name"]
    explained = next((each for each in found["spec"]["predictors"] if _has_explainer(each)), None)
    if explained is None:
        raise refuse(404, f"{name} has no explainer")
    container: Json = explained["explainer"].get("containerSpec") or {}
    model = container.get("name") or explainer_name(name, explained["name"])
    path = f"/seldon/{namespace}/{name}-explainer/{explained['name']}/v2/models/{model}/infer"
    return await _pass_on(request, path)


def _has_explainer(predictor: Json) -> bool:
    return bool((predictor.get("explainer") or {}).get("type"))


async def _pass_on(request: Request, path: str) -> Response:
    headers = {"content-type": "application/json"}
    try:
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=TIMEOUT) as client:
            answer = await client.post(
                f"{backend(request).ingress}{path}", content=await request.body(), headers=headers
            )
    except httpx.HTTPError as error:
        raise refuse(502, f"the ingress does not answer: {type(error).__name__} {error}") from None
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


ROUTES = (
    Route("/version", version, methods=["GET"]),
    Route("/healthcheck", healthcheck, methods=["GET"]),
    Route("/user", user, methods=["GET"]),
    Route("/cluster", cluster, methods=["GET"]),
    Route(f"{ONE}/predict", predict, methods=["POST"]),
    Route(f"{ONE}/explain", explain, methods=["POST"]),
)
