"""The names that Seldon's operator gives to what it creates; a name over 63 characters becomes a hash."""

from __future__ import annotations

import hashlib

from releasectl.model import Json
from releasectl.webhook.manifest import Manifest, Predictor, prepackaged, take_apart

LIMIT = 63
CONTAINER_LIMIT = 48  # the label key `seldon-app-svc-<container>` takes the other 15
SERVICE_NAME_ANNOTATION = "seldon.io/svc-name"


def hashed(name: str) -> str:
    """`name`, or `seldon-` and its MD5 if it is too long for Kubernetes."""
    if len(name) <= LIMIT:
        return name
    return f"seldon-{hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()}"


def deployment_id(sdep: str) -> str:
    """The VirtualService, and the label `seldon-deployment-id`."""
    return hashed(sdep)


def service_name(sdep: str, predictor: str, annotations: Json = None) -> str:
    """The predictor's Service, which carries its requests."""
    given = annotations.get(SERVICE_NAME_ANNOTATION) if isinstance(annotations, dict) else None
    return given if isinstance(given, str) else hashed(f"{sdep}-{predictor}")


def explainer_name(sdep: str, predictor: str) -> str:
    """The explainer's Deployment and Service, and its model name under protocol v2."""
    return hashed(f"{sdep}-{predictor}-explainer")


def deployment_names(manifest: Json) -> dict[str, tuple[str, ...]]:
    """The model Deployments of each predictor by its name, as keys of status.deploymentStatus."""
    taken = take_apart(manifest)
    return {
        predictor.name: tuple(hashed(name) for name in _deployments(taken.name, predictor))
        for predictor in taken.predictors
    }


def containers_by_component(predictor: Predictor) -> list[list[str]]:
    """Container names per pod, with those that the operator adds for prepackaged nodes without one."""
    components = [[container.name for container in component] for component in predictor.components] or [[]]
    present = {name for component in components for name in component}
    for node in predictor.nodes:
        if prepackaged(node) and node.name not in present:
            components[0].append(node.name)
            present.add(node.name)
    return components


def unhashed_names(manifest: Manifest) -> list[tuple[str, str, str]]:
    """Every computed name at its full length: (path of its predictor, what it names, the name)."""
    found = [("metadata.name", "VirtualService", manifest.name)]
    for predictor in manifest.predictors:
        path, base = predictor.part.path, f"{manifest.name}-{predictor.name}"
        found += [(path, "Deployment", name) for name in _deployments(manifest.name, predictor)]
        found.append((path, "Service", predictor.annotation(SERVICE_NAME_ANNOTATION) or base))
        for container in (name for names in containers_by_component(predictor) for name in names):
            found.append((path, "container Service", f"{base}-{container}"))
        explainer = predictor.part.part("explainer")
        if explainer and explainer.text("type"):
            found.append((path, "explainer", f"{base}-explainer"))
    return found


def _deployments(sdep: str, predictor: Predictor) -> list[str]:
    """A Deployment per componentSpec, called after that one's metadata.name, or after its containers."""
    tails = [component.part("metadata") for component in predictor.part.items("componentSpecs")] or [None]
    return [
        f"{sdep}-{predictor.name}-{index}-{(tail and tail.name) or '-'.join(containers)}"
        for index, (containers, tail) in enumerate(
            zip(containers_by_component(predictor), tails, strict=True)
        )
    ]
