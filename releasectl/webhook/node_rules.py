"""The webhook's rules about the nodes of a graph."""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.webhook.manifest import Manifest, Part, Rule, Violation, prepackaged

NOT_TENSORFLOW = ("SKLEARN_SERVER", "XGBOOST_SERVER", "MLFLOW_SERVER", "HUGGINGFACE_SERVER")
# Keys of `predictor_servers` in the chart's ConfigMap `seldon-config`; an administrator may add to them.
SERVERS = (*NOT_TENSORFLOW, "TENSORFLOW_SERVER", "TRITON_SERVER", "TEMPO_SERVER")


def _bare(node: Part) -> bool:
    return node.text("implementation") in ("", "UNKNOWN_IMPLEMENTATION")


def _container(manifest: Manifest) -> Iterator[Violation]:
    for predictor, node in manifest.nodes:
        if _bare(node) and predictor.container(node.name) is None:
            yield node.says(
                "name",
                f"Can't find container for Predictive Unit {node.name!r}",
                "set implementation, or add a container of this name to a componentSpec of the predictor",
            )


def _methods(manifest: Manifest) -> Iterator[Violation]:
    for _, node in manifest.nodes:
        if _bare(node) and node.text("type") == "UNKNOWN_TYPE" and not node.data.get("methods"):
            yield node.says(
                "methods",
                "Predictive Unit has no implementation methods defined",
                "change type to a known one such as MODEL, or list the methods it implements",
            )


def _model_uri(manifest: Manifest) -> Iterator[Violation]:
    for _, node in manifest.nodes:
        needed = prepackaged(node) and node.text("implementation") != "HUGGINGFACE_SERVER"
        if needed and not node.text("modelUri"):
            yield node.says(
                "modelUri",
                "Predictive unit modelUri required when using standalone servers",
                "say where the model is, as in s3://bucket/path",
            )


def _tensorflow(manifest: Manifest) -> Iterator[Violation]:
    if manifest.spec.text("protocol") != "tensorflow":
        return
    for _, node in manifest.nodes:
        if (implementation := node.text("implementation")) in NOT_TENSORFLOW:
            yield node.says(
                "implementation",
                f"Prepackaged server does not handle tensorflow protocol {implementation}",
                "set spec.protocol to v2",
            )


def _server(manifest: Manifest) -> Iterator[Violation]:
    for predictor, node in manifest.nodes:
        implementation = node.text("implementation")
        if not prepackaged(node) or implementation in SERVERS:
            continue
        container = predictor.container(node.name)
        if container is None or not container.text("image"):
            yield node.says(
                "implementation",
                f"No entry in predictors map for {implementation}",
                f"use one of {', '.join(SERVERS)}, or give the container {node.name!r} an image",
            )


def _logger_mode(manifest: Manifest) -> Iterator[Violation]:
    for _, node in manifest.nodes:
        logger = node.part("logger")
        if logger is not None and not logger.text("mode"):
            yield logger.says("mode", "No logger mode specified", "set it to all, request or response")


NODE_RULES: dict[str, Rule] = {
    "container": _container,
    "methods": _methods,
    "model-uri": _model_uri,
    "tensorflow": _tensorflow,
    "server": _server,
    "logger-mode": _logger_mode,
}
