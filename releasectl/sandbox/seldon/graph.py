"""The graph of a predictor, and the executor that sends requests through it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from releasectl.model import Json
from releasectl.sandbox.seldon.executor.settings import LOGGED, QUEUE, Node, Settings
from releasectl.sandbox.seldon.values import EXECUTOR, Container
from releasectl.webhook.manifest import Part, Predictor, prepackaged

ENGINE = "seldon-container-engine"
NO_ENGINE = "seldon.io/no-engine"
QUEUE_SIZE = "seldon.io/executor-logger-queue-size"
TIMEOUT = "seldon.io/rest-timeout"  # milliseconds; the executor reads it in its pod, so of `spec` alone
ROUTER = "RANDOM_ABTEST"
EVEN = 0.5


def unknown_graph(predictor: Predictor) -> str:
    """Why the sandbox's executor can make nothing of a graph."""
    nodes = predictor.nodes
    if len(nodes) == 1:
        return ""
    if nodes[0].text("implementation") == ROUTER and len(nodes) == 3 and len(nodes[0].items("children")) == 2:
        return ""
    return (
        f"{predictor.part.at('graph')}: the sandbox's executor knows graphs of one model, and {ROUTER} over "
        f"two of them, but not this one of {len(nodes)} nodes"
    )


def model_nodes(predictor: Predictor) -> tuple[Part, ...]:
    """The nodes that answer: the only one, or those below the router."""
    return predictor.nodes if len(predictor.nodes) == 1 else predictor.nodes[1:]


def without_engine(manifest: Json, predictor: Predictor) -> bool:
    if NO_ENGINE in (predictor.part.data.get("annotations") or {}):
        return True
    return annotation(manifest, NO_ENGINE) is not None


def engine(manifest: Json, predictor: Predictor, pinned: Callable[[str], str]) -> Container:
    """Its container. `pinned` finds the commit in a model's URI."""
    loggers = [node.part("logger") for node in predictor.nodes]
    settings = Settings(
        namespace=manifest["metadata"]["namespace"],
        deployment=manifest["metadata"]["name"],
        predictor=predictor.name,
        protocol="v2",
        nodes=tuple(_nodes(predictor, pinned)),
        ratio=ratio(predictor.nodes[0]),
        broker=next((url for each in loggers if each and (url := _broker(each.text("url")))), ""),
        queue=_number(annotation(manifest, QUEUE_SIZE), QUEUE),
        timeout=_number((manifest["spec"].get("annotations") or {}).get(TIMEOUT), 0) / 1000,
    )
    return Container(ENGINE, ENGINE, EXECUTOR, "", (), settings=settings.dumps())


def ratio(root: Part) -> float:
    """The share of the first child: Seldon takes `ratioA` only if it is the only parameter."""
    if root.text("implementation") != ROUTER:
        return 1.0
    parameters = root.items("parameters")
    if len(parameters) != 1 or parameters[0].name != "ratioA":
        return EVEN
    try:
        return min(1.0, max(0.0, float(parameters[0].text("value"))))
    except ValueError:
        return EVEN


def annotation(manifest: Json, key: str) -> str | None:
    """Those of `spec` win over those of the object."""
    for part in ("spec", "metadata"):
        found: Mapping[str, Json] = manifest[part].get("annotations") or {}
        if isinstance(value := found.get(key), str):
            return value
    return None


def looked_up(manifest: Json) -> Mapping[str, Json]:
    """Those of the object by which the operator makes the pods: with others, they are other pods."""
    found = manifest["metadata"].get("annotations") or {}
    return {key: found[key] for key in (NO_ENGINE, QUEUE_SIZE) if key in found}


def _nodes(predictor: Predictor, pinned: Callable[[str], str]) -> Iterator[Node]:
    for node in model_nodes(predictor):
        logger = node.part("logger")
        logs = LOGGED.get(logger.text("mode"), ()) if logger else ()
        yield Node(node.name, logs, pinned(node.text("modelUri")) if prepackaged(node) else "")


def _broker(url: str) -> str:
    """Empty for the sandbox's own: names of a cluster are known in that cluster only."""
    host = urlsplit(url).hostname or ""
    return url if "." in host and not host.endswith((".svc", ".cluster.local")) else ""


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise
