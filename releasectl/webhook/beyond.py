"""What Seldon's webhook admits and an operator, a server or a mesh then fails on, or silently ignores."""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Json
from releasectl.webhook.manifest import Manifest, Part, Rule, Violation, apply_rules
from releasectl.webhook.name_rules import NAME_RULES
from releasectl.webhook.node_rules import NOT_TENSORFLOW
from releasectl.webhook.resource_rules import resources

LOGGER_MODES = ("all", "request", "response")
SHAP_AND_ANCHORS = ("AnchorTabular", "AnchorImages", "AnchorText", "KernelShap", "IntegratedGradients")
V1_EXPLAINERS = (*SHAP_AND_ANCHORS, "TreeShap", "ALE")
# Which explainer types a server of the protocol can run; the operator accepts more than any server has.
EXPLAINERS = {"seldon": V1_EXPLAINERS, "tensorflow": V1_EXPLAINERS, "v2": SHAP_AND_ANCHORS}
SERVER_PROTOCOLS = {
    "SKLEARN_SERVER": ("seldon", "v2"),
    "XGBOOST_SERVER": ("seldon", "v2"),
    "MLFLOW_SERVER": ("seldon", "v2"),
    "TENSORFLOW_SERVER": ("seldon", "tensorflow"),
    "TRITON_SERVER": ("v2",),
    "HUGGINGFACE_SERVER": ("v2",),
    "TEMPO_SERVER": ("v2",),
}
NOT_IN_EXECUTOR = ("SIMPLE_MODEL", "SIMPLE_ROUTER", "AVERAGE_COMBINER")


def beyond(manifest: Json) -> list[Violation]:
    """What the webhook does not check and would go wrong later; empty means nothing was found."""
    return apply_rules(BEYOND, manifest)


def faults(manifest: Manifest, *rules: str) -> list[str]:
    """The same in words, for some of the rules by their names in BEYOND."""
    found = (violation for name in rules for violation in BEYOND[name](manifest))
    return [f"{each.field}: {each.message}" for each in found]


def _traffic_share(manifest: Manifest) -> Iterator[Violation]:
    """Negative shares may sum to 100; one main predictor beside a shadow may have any share at all."""
    alone = len(manifest.main) == 1
    for predictor in manifest.main:
        traffic = predictor.traffic
        if traffic < 0 or traffic > 100:
            yield predictor.part.says(
                "traffic", f"{traffic} is no percentage", "set it between 0 and 100, all summing to 100"
            )
        elif alone and len(manifest.predictors) > 1 and 0 < traffic < 100:
            yield predictor.part.says(
                "traffic",
                f"the only predictor beside a shadow has {traffic} % of the traffic, nothing the rest",
                "set it to 100, or leave it out",
            )


def _shadow_share(manifest: Manifest) -> Iterator[Violation]:
    for predictor in manifest.predictors:
        if predictor.shadow and predictor.traffic == 0:
            yield predictor.part.says(
                "traffic",
                "a shadow whose traffic is 0 or unset mirrors all requests: Istio is given no percentage",
                "set it to 100 to mirror all, or remove the shadow to mirror none",
            )


def _explainer_type(manifest: Manifest) -> Iterator[Violation]:
    for explainer in _explainers(manifest):
        kind, supported = explainer.text("type"), EXPLAINERS.get(manifest.protocol, ())
        remedy = f"use one of {', '.join(supported)}"
        if not kind:
            yield explainer.says("type", "an explainer without type is silently ignored", remedy)
        elif kind not in supported:
            yield explainer.says("type", f"no {kind!r} explainer runs under {manifest.protocol}", remedy)


def _explainer_model(manifest: Manifest) -> Iterator[Violation]:
    for explainer in _explainers(manifest):
        if not explainer.text("modelUri"):
            yield explainer.says(
                "modelUri",
                "the explainer has nothing to load",
                "say where alibi saved it, as in s3://bucket/path",
            )


def _explainer_config(manifest: Manifest) -> Iterator[Violation]:
    for explainer in _explainers(manifest):
        if manifest.protocol == "v2" and explainer.data.get("config"):
            yield explainer.says(
                "config", "config is ignored under v2", "put its values, as JSON text, into initParameters"
            )


def _explainers(manifest: Manifest) -> Iterator[Part]:
    for predictor in manifest.predictors:
        if explainer := predictor.part.part("explainer"):
            yield explainer


def _logger_mode(manifest: Manifest) -> Iterator[Violation]:
    for _, node in manifest.nodes:
        logger = node.part("logger")
        if logger and (mode := logger.text("mode")) and mode not in LOGGER_MODES:
            yield logger.says(
                "mode", f"unknown logger mode {mode!r}: nothing is logged", f"use {', '.join(LOGGER_MODES)}"
            )


def _server_protocol(manifest: Manifest) -> Iterator[Violation]:
    for _, node in manifest.nodes:
        implementation = node.text("implementation")
        protocols = SERVER_PROTOCOLS.get(implementation, ("seldon", "tensorflow", "v2"))
        refused = manifest.protocol == "tensorflow" and implementation in NOT_TENSORFLOW  # by the webhook
        if implementation in NOT_IN_EXECUTOR:
            yield node.says(
                "implementation",
                f"{implementation} has no code in the executor: its requests fail",
                "use a server or a container of your own",
            )
        elif manifest.protocol not in protocols and not refused:
            yield node.says(
                "implementation",
                f"{implementation} does not speak {manifest.protocol}",
                f"set spec.protocol to {' or '.join(protocols)}",
            )


def _abtest(manifest: Manifest) -> Iterator[Violation]:
    for _, node in manifest.nodes:
        if node.text("implementation") != "RANDOM_ABTEST":
            continue
        if (children := len(node.items("children"))) != 2:
            yield node.says("children", f"RANDOM_ABTEST has {children} children", "give it exactly two")
        if [parameter.name for parameter in node.items("parameters")] != ["ratioA"]:
            yield node.says(
                "parameters",
                "RANDOM_ABTEST splits in halves unless its parameters are exactly one ratioA",
                'set parameters to [{name: ratioA, type: FLOAT, value: "0.5"}] with your ratio',
            )


BEYOND: dict[str, Rule] = {
    "traffic-share": _traffic_share,
    "shadow-share": _shadow_share,
    "explainer-type": _explainer_type,
    "explainer-model": _explainer_model,
    "explainer-config": _explainer_config,
    "logger-mode-value": _logger_mode,
    "server-protocol": _server_protocol,
    "abtest": _abtest,
    **NAME_RULES,
    "resources": resources,
}
