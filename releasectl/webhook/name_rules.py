"""Names that the webhook admits and Kubernetes refuses, or that Seldon replaces by a hash."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from releasectl.webhook.manifest import Manifest, Rule, Violation, prepackaged
from releasectl.webhook.names import CONTAINER_LIMIT, LIMIT, unhashed_names

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
ENGINE = "seldon-container-engine"  # the orchestrator's container, in the same pod


def _node_name(manifest: Manifest) -> Iterator[Violation]:
    for predictor in manifest.predictors:
        nodes = Counter(node.name for node in predictor.nodes)
        for node in predictor.nodes:
            if nodes[node.name] > 1:
                yield node.says(
                    "name",
                    f"{nodes[node.name]} nodes are named {node.name!r}, so they share a container",
                    "name each node differently",
                )
        containers = Counter(container.name for container in predictor.containers)
        for container in predictor.containers:
            if containers[container.name] > 1:
                yield container.says(
                    "name", f"two containers are named {container.name!r}", "name each container differently"
                )


def _container_name(manifest: Manifest) -> Iterator[Violation]:
    for predictor in manifest.predictors:
        own = {container.name for container in predictor.containers}
        added = (node for node in predictor.nodes if prepackaged(node) and node.name not in own)
        for part in (*predictor.containers, *added):
            remedy = f"use at most {CONTAINER_LIMIT} of a-z, 0-9 and -, with a letter or digit at both ends"
            if not LABEL.fullmatch(part.name):
                yield part.says("name", f"{part.name!r} cannot name a container", remedy)
            elif len(part.name) > CONTAINER_LIMIT:
                yield part.says(
                    "name",
                    f"{len(part.name)} characters: the label seldon-app-svc-{part.name} is over 63",
                    remedy,
                )
            elif part.name == ENGINE:
                yield part.says("name", f"{ENGINE} is the orchestrator's own container", "use another name")


def _object_name(manifest: Manifest) -> Iterator[Violation]:
    named = [("metadata.name", "the SeldonDeployment", manifest.name)]
    named += [(predictor.part.at("name"), "a predictor", predictor.name) for predictor in manifest.predictors]
    for path, what, name in named:
        starts_well = name[:1].isalpha() or what == "a predictor"  # the Service's name begins with the former
        if not (LABEL.fullmatch(name) and starts_well):
            yield Violation(
                path,
                f"{name!r} cannot name {what}: Services are named after it",
                "use a-z, 0-9 and -, beginning with a letter and ending with a letter or digit",
            )


def _computed_name(manifest: Manifest) -> Iterator[Violation]:
    for path, what, name in unhashed_names(manifest):
        if len(name) > LIMIT:
            yield Violation(
                path,
                f"the {what} would be named {name}: {len(name)} characters, {LIMIT} at most, "
                "so Seldon replaces it by a hash",
                f"shorten the names it is made of by {len(name) - LIMIT}",
            )


def _service_clash(manifest: Manifest) -> Iterator[Violation]:
    """The webhook compares annotations with each other, but not with the names that Seldon computes."""
    for predictor in manifest.predictors:
        given = predictor.annotation("seldon.io/svc-name")
        for other in manifest.predictors:
            if other is not predictor and given == f"{manifest.name}-{other.name}":
                yield predictor.part.says(
                    "annotations",
                    f"seldon.io/svc-name {given!r} is the Service of predictor {other.name!r}",
                    "choose another name, or remove the annotation",
                )


NAME_RULES: dict[str, Rule] = {
    "node-name": _node_name,
    "container-name": _container_name,
    "object-name": _object_name,
    "computed-name": _computed_name,
    "service-clash": _service_clash,
}
