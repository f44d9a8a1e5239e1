"""SeldonDeployments and detectors between their JSON and the ports' values; and what an update keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from releasectl.model import Json
from releasectl.normalise import OURS, foreign
from releasectl.ports import Deployment, Detector

KEPT = ("resourceVersion", "finalizers", "ownerReferences")


def deployment(manifest: Mapping[str, Json]) -> Deployment:
    """`Available` says nothing of routing: the condition Ready does, where the operator has conditions."""
    status = manifest.get("status") or {}
    conditions = [each for each in status.get("conditions") or () if isinstance(each, Mapping)]
    unmet = [each for each in conditions if each.get("status") != "True" and each.get("type") != "Ready"]
    routed = all(each.get("status") == "True" for each in conditions if each.get("type") == "Ready")
    state = str(status.get("state") or "")
    description = str(status.get("description") or "") or "; ".join(
        f"{each.get('type')}: {each.get('message') or each.get('reason') or 'not yet'}" for each in unmet
    )
    return Deployment(dict(manifest), state, state == "Available" and routed, description)


def detector(kind: str, data: Mapping[str, Json]) -> Detector:
    name = str(data.get("name") or "")
    body = {"name": name, "config": data.get("config") or {}}
    return Detector(kind, name, body, str(data.get("status") or ""))


def successor(manifest: Mapping[str, Json], live: Mapping[str, Json]) -> dict[str, Any]:
    """`manifest` as an update of `live`. Kubernetes takes one only with the resource version that it is
    based on, and replaces everything: the labels and annotations of others are carried over.
    """
    metadata, before = manifest["metadata"], live["metadata"]
    merged = {key: before[key] for key in KEPT if before.get(key)} | metadata
    for part in OURS:
        if both := foreign(before, part) | (metadata.get(part) or {}):
            merged[part] = both
    return {**manifest, "metadata": merged}


def same_but_status(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    """Whether nobody but the operator, which writes the status, has touched the object in between."""
    return _said(one) == _said(other)


def _said(manifest: Mapping[str, Json]) -> tuple[Json, ...]:
    metadata = manifest["metadata"]
    return (metadata.get("uid"), manifest.get("spec"), metadata.get("labels"), metadata.get("annotations"))
