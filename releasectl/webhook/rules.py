"""The rules of Seldon's validating webhook (operator 1.18), which answers 422 with all that are broken.

seldondeployment_webhook.go in https://github.com/SeldonIO/seldon-core/tree/v1.18.2/operator/apis
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Json
from releasectl.webhook.manifest import Manifest, Part, Rule, Violation, apply_rules
from releasectl.webhook.node_rules import NODE_RULES

PROTOCOLS = ("seldon", "tensorflow", "v2", "kfserving")
TRANSPORTS = ("rest", "grpc")
SERVER_TYPES = ("rpc", "kafka")
KAFKA_ENV = ("KAFKA_BROKER", "KAFKA_INPUT_TOPIC", "KAFKA_OUTPUT_TOPIC")


def violations(manifest: Json) -> list[Violation]:
    """Every reason for which Seldon's webhook refuses `manifest`; empty means admitted."""
    return apply_rules(RULES, manifest)


def _protocol(manifest: Manifest) -> Iterator[Violation]:
    yield from _one_of(manifest.spec, "protocol", PROTOCOLS)


def _transport(manifest: Manifest) -> Iterator[Violation]:
    yield from _one_of(manifest.spec, "transport", TRANSPORTS)
    yield from _one_of(manifest.spec, "serverType", SERVER_TYPES)


def _one_of(spec: Part, key: str, choices: tuple[str, ...]) -> Iterator[Violation]:
    value = spec.text(key)
    if value and value not in choices:
        yield spec.says(key, f"Invalid {key} {value!r}", f"use one of {', '.join(choices)}")


def _kafka_env(manifest: Manifest) -> Iterator[Violation]:
    if manifest.spec.text("serverType") != "kafka":
        return
    for predictor in manifest.predictors:
        orchestrator = predictor.part.part("svcOrchSpec")
        names = {entry.name for entry in orchestrator.items("env")} if orchestrator else set()
        if absent := [name for name in KAFKA_ENV if name not in names]:
            yield predictor.part.says(
                "svcOrchSpec.env",
                f"For kafka please supply svcOrchSpec envs {', '.join(KAFKA_ENV)}: no {', '.join(absent)}",
                f"add {', '.join(absent)} to svcOrchSpec.env of predictor {predictor.name!r}",
            )


def _only_shadow(manifest: Manifest) -> Iterator[Violation]:
    if len(manifest.predictors) == 1 and manifest.predictors[0].shadow:
        yield manifest.predictors[0].part.says(
            "shadow", "Shadow can not exist as only predictor", "add the predictor whose requests it mirrors"
        )


def _service_name(manifest: Manifest) -> Iterator[Violation]:
    taken: dict[str, str] = {}
    for predictor in manifest.predictors:
        name = predictor.annotation("seldon.io/svc-name")
        if name is None:
            continue
        if name in taken:
            yield predictor.part.says(
                "annotations",
                f"Duplicate service name {name!r}: predictor {taken[name]!r} has it too",
                "give each predictor its own annotation seldon.io/svc-name, or none",
            )
        taken.setdefault(name, predictor.name)


def _no_predictors(manifest: Manifest) -> Iterator[Violation]:
    if not manifest.predictors:
        yield manifest.spec.says("predictors", "Graph contains no predictors", "add at least one predictor")


def _no_engine(manifest: Manifest) -> Iterator[Violation]:
    for predictor in manifest.predictors:
        if predictor.annotation("seldon.io/no-engine") is not None and len(predictor.nodes) > 1:
            yield predictor.part.says(
                "graph",
                "Running without engine only valid for single element graphs: "
                f"this one has {len(predictor.nodes)} nodes",
                "remove the annotation seldon.io/no-engine, or all children of the graph",
            )


def _predictor_name(manifest: Manifest) -> Iterator[Violation]:
    seen = set[str]()
    for predictor in manifest.predictors:
        if predictor.name in seen:
            yield predictor.part.says(
                "name", f"Duplicate predictor name {predictor.name!r}", "name each predictor differently"
            )
        seen.add(predictor.name)


def _one_shadow(manifest: Manifest) -> Iterator[Violation]:
    shadows = [predictor for predictor in manifest.predictors if predictor.shadow]
    for predictor in shadows[1:]:
        yield predictor.part.says(
            "shadow",
            f"Multiple shadows are not allowed: {shadows[0].name!r} is one already",
            "keep one shadow: Istio mirrors to one destination",
        )


def _shadow_traffic(manifest: Manifest) -> Iterator[Violation]:
    for predictor in manifest.predictors:
        if predictor.shadow and not 0 <= predictor.traffic <= 100:
            yield predictor.part.says(
                "traffic",
                "shadow traffic is illegal, the traffic number should be between [0, 100]: "
                f"{predictor.traffic}",
                "set it to the percentage of requests to mirror",
            )


def _traffic_sum(manifest: Manifest) -> Iterator[Violation]:
    total = sum(predictor.traffic for predictor in manifest.main)
    if len(manifest.main) > 1 and total != 100:
        shares = " + ".join(str(predictor.traffic) for predictor in manifest.main)
        yield manifest.spec.says(
            "predictors",
            f"Traffic must sum to 100 for multiple predictors: {shares} = {total}",
            "change the traffic of the predictors that are no shadow",
        )


def _single_traffic(manifest: Manifest) -> Iterator[Violation]:
    if len(manifest.predictors) == 1 and 0 < manifest.predictors[0].traffic < 100:
        predictor = manifest.predictors[0]
        yield predictor.part.says(
            "traffic",
            f"Traffic must be 100 for a single predictor when set: {predictor.traffic}",
            "set it to 100, or leave it out",
        )


def _endpoint_types(manifest: Manifest) -> Iterator[Violation]:
    endpoints = [endpoint for _, node in manifest.nodes if (endpoint := node.part("endpoint"))]
    types = {endpoint.text("type"): endpoint for endpoint in endpoints if endpoint.text("type")}
    transport = manifest.spec.text("transport")
    if len(types) > 1:
        yield Violation(
            "spec",
            f"Multiple endpoint.types found, can only have 1 type in graph: {', '.join(sorted(types))}",
            "remove endpoint.type from the nodes and set spec.transport",
        )
    for kind, endpoint in types.items() if len(types) == 1 and transport else ():
        if kind in ("REST", "GRPC") and kind.lower() != transport:
            yield endpoint.says(
                "type",
                f"Mixed transport types found: {kind} here, {transport} in spec.transport",
                "remove endpoint.type from the nodes: spec.transport is set",
            )


RULES: dict[str, Rule] = {
    "protocol": _protocol,
    "transport": _transport,
    "kafka-env": _kafka_env,
    "only-shadow": _only_shadow,
    "service-name": _service_name,
    "no-predictors": _no_predictors,
    "no-engine": _no_engine,
    "predictor-name": _predictor_name,
    **NODE_RULES,
    "one-shadow": _one_shadow,
    "shadow-traffic": _shadow_traffic,
    "traffic-sum": _traffic_sum,
    "single-traffic": _single_traffic,
    "endpoint-types": _endpoint_types,
}
