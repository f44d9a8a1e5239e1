"""The environment of a model's container: what the operator sets, and what the manifest says. Pure."""

from __future__ import annotations

import json

from releasectl.model import Json
from releasectl.webhook.manifest import Part, Predictor


def of_operator(manifest: Json, predictor: Predictor, node: Part) -> tuple[tuple[str, str], ...]:
    labels = {"version": predictor.name, **(predictor.part.data.get("labels") or {})}
    parameters = [dict(parameter.data) for parameter in node.items("parameters")]
    return (
        ("PREDICTIVE_UNIT_ID", node.name),
        ("PREDICTIVE_UNIT_IMAGE", _image(predictor, node.name)),
        ("PREDICTIVE_UNIT_PARAMETERS", json.dumps(parameters)),
        ("PREDICTOR_ID", predictor.name),
        ("PREDICTOR_LABELS", json.dumps(labels, sort_keys=True)),
        ("SELDON_DEPLOYMENT_ID", manifest["metadata"]["name"]),
        ("MLSERVER_MODEL_VERSION", "v1"),  # the operator's default
    )


def _image(predictor: Predictor, name: str) -> str:
    container = predictor.container(name)
    return container.text("image") if container else ""


def given(container: Part | None, metadata: Json) -> tuple[tuple[tuple[str, str], ...], str]:
    """The variables of a container, and what Kubernetes says of one that it cannot fill."""
    if container is None:
        return (), ""
    fields = {"metadata.name": metadata["name"], "metadata.namespace": metadata["namespace"]}
    found: list[tuple[str, str]] = []
    for variable in container.items("env"):
        source = variable.part("valueFrom")
        if source is None:
            found.append((variable.name, variable.text("value")))
            continue
        reference = next((part for key in source.data if (part := source.part(key))), source)
        path = reference.text("fieldPath")
        if path not in fields:
            what = reference.name or path or variable.name
            return (), f'CreateContainerConfigError: "{what}" of env {variable.name} not found'
        found.append((variable.name, fields[path]))
    for source in container.items("envFrom"):
        kinds = ", ".join(f'{key} "{(part := source.part(key)) and part.name}"' for key in source.data)
        return (), f"CreateContainerConfigError: {kinds} not found"
    return tuple(found), ""
