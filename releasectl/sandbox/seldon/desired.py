"""What the operator makes of a SeldonDeployment or a detector: workloads to run and rules to route. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

from releasectl.model import Json
from releasectl.sandbox.seldon import artefacts, mlserver, podenv
from releasectl.sandbox.seldon.graph import (
    ENGINE,
    engine,
    looked_up,
    model_nodes,
    unknown_graph,
    without_engine,
)
from releasectl.sandbox.seldon.requestlog.consumers import Consumer
from releasectl.sandbox.seldon.store import StoredDetector
from releasectl.sandbox.seldon.values import Container, Kind, Rule, Unit, Workload, direct_rule
from releasectl.webhook.manifest import Manifest, Part, Predictor, apply_rules, take_apart
from releasectl.webhook.name_rules import NAME_RULES
from releasectl.webhook.names import containers_by_component, deployment_names, explainer_name, service_name

SECRET = "seldon-init-container-secret"  # the sandbox's own S3 gateway; it knows no other
DRIFT_BATCH = 1000  # rows, as in Seldon's detector server
# A longer name is replaced by a hash; these rules find what Kubernetes refuses.
REFUSED_NAMES = {rule: NAME_RULES[rule] for rule in ("node-name", "container-name", "object-name")}


def deployment_id(namespace: str, name: str) -> str:
    return f"{namespace}/{name}"


def detector_id(detector: StoredDetector) -> str:
    return f"{detector.namespace}/{detector.deployment}/{detector.kind}/{detector.name}"


def deployment(manifest: Json, ingress: str) -> Unit:
    """`ingress` is the URL by which explainers reach their models."""
    namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
    taken, unit = take_apart(manifest), deployment_id(namespace, name)
    if problem := _impossible(manifest, taken):
        return Unit(unit, namespace, problem=problem)
    workloads: list[Workload] = []
    for predictor in taken.predictors:
        models = tuple(_models(manifest, taken, predictor))
        workloads += models
        if explainer := _explainer_of(predictor):
            service = direct_rule(f"{namespace}/{models[0].service}", models[0].revision).prefix
            workloads.append(_explainer(taken, predictor, explainer, f"{ingress}{service}"))
    commit = next((pinned(node.text("modelUri")) for each in taken.main for node in each.nodes), "")
    return Unit(unit, namespace, tuple(workloads), tuple(_rules(namespace, taken)), commit=commit)


def detector(stored: StoredDetector) -> Unit:
    basic = stored.body["config"]["basic"]
    commit = pinned(basic["storage_uri"])
    consumer = Consumer(
        namespace=stored.namespace,
        deployment=stored.deployment,
        kind=stored.kind,
        name=stored.name,
        url="",  # known once it runs
        commit=commit,
        batch=_batch(basic.get("drift_batch_size")),
    )
    container = Container(
        name=stored.name,
        model=stored.name,
        runtime=mlserver.DETECT,
        uri=basic["storage_uri"],
        env=_version(commit),
        problem=_secret(basic.get("env_secret_ref")),
        settings=json.dumps(consumer.dump()),
    )
    workload = Workload(
        name=f"{stored.name}-detector"
        if stored.name.startswith(f"{stored.deployment}-")
        else f"{stored.deployment}-{stored.name}-detector",
        kind=Kind.DETECTOR,
        service=f"{stored.deployment}-detectors-{stored.name}",
        replicas=1,
        revision=_revision(stored.body),
        entry=stored.name,
        containers=(container,),
    )
    prefix = f"/seldon/{stored.namespace}/{stored.deployment}-detectors/{stored.name}"
    rule = Rule(prefix, ((f"{stored.namespace}/{workload.service}", 100),))
    return Unit(detector_id(stored), stored.namespace, (workload,), (rule,), commit=commit)


def _batch(size: Json) -> int:
    """The API has it as a text."""
    return int(size) if isinstance(size, str | int) and str(size).isdigit() else DRIFT_BATCH


def pinned(uri: str) -> str:
    """The commit that a URI of Pachyderm's S3 gateway names; empty if it names none."""
    found = artefacts.PINNED.search(uri)
    return found["commit"] if found else ""


def _version(commit: str) -> tuple[tuple[str, str], ...]:
    """So that answers of explainers and detectors say whose they are, as those of models do."""
    return (("MLSERVER_MODEL_VERSION", commit),) if commit else ()


def _impossible(manifest: Json, taken: Manifest) -> str:
    """Why this object cannot be realised at all, as a reconcile error would say it."""
    if refused := apply_rules(REFUSED_NAMES, manifest):
        return "; ".join(f"{each.field}: {each.message}" for each in refused)
    if taken.protocol != "v2":
        return (
            f"spec.protocol is {taken.protocol!r}: the sandbox runs MLServer, which speaks v2; "
            "set it to v2 to try the release here"
        )
    return next((problem for each in taken.predictors if (problem := unknown_graph(each))), "")


def _models(manifest: Json, taken: Manifest, predictor: Predictor) -> Iterator[Workload]:
    """One Deployment per componentSpec, with the containers that the operator adds to the first."""
    components = predictor.part.items("componentSpecs")
    names = deployment_names(manifest)[predictor.name]
    spec = {
        key: value
        for key, value in predictor.part.data.items()
        if key not in ("traffic", "replicas", "explainer")  # a change of these restarts no model
    }
    shared = {key: taken.spec.data.get(key) for key in ("annotations", "protocol", "transport")}
    revision = _revision({"predictor": spec, **shared, **looked_up(manifest)})
    bare = without_engine(manifest, predictor)
    explained = model_nodes(predictor)[0].name if bare else ENGINE
    for index, containers in enumerate(containers_by_component(predictor)):
        own = () if bare or index else (engine(manifest, predictor, pinned),)
        yield Workload(
            name=names[index],
            kind=Kind.MODEL,
            service=service_name(taken.name, predictor.name, predictor.part.data.get("annotations")),
            replicas=_replicas(taken, predictor, components[index] if index < len(components) else None),
            revision=revision,
            entry="" if index else predictor.nodes[0].name if bare else ENGINE,
            containers=(*(_container(manifest, predictor, name) for name in containers), *own),
            explained=explained if own or (bare and explained in containers) else "",
        )


def _replicas(taken: Manifest, predictor: Predictor, component: Part | None) -> int:
    """The most particular setting holds; an autoscaler starts with its minimum."""
    for scaler, field in (("kedaSpec", "minReplicaCount"), ("hpaSpec", "minReplicas")):
        if component and (part := component.part(scaler)):
            return max(1, part.number(field))
    for part in (component, predictor.part, taken.spec):
        if part and isinstance(value := part.data.get("replicas"), int):
            return max(0, value)
    return 1


def _container(manifest: Json, predictor: Predictor, name: str) -> Container:
    node = next((node for node in predictor.nodes if node.name == name), None)
    given = predictor.container(name)
    image = given.text("image") if given else ""
    implementation = node.text("implementation") if node else ""
    if node is None or implementation not in mlserver.RUNTIMES:
        what = f"implementation {implementation}" if implementation else f"image {image or '(none)'}"
        known = ", ".join(mlserver.RUNTIMES)
        problem = f"ErrImagePull: {what} cannot run in the sandbox, which has the servers {known}"
        return Container(name, name, "", "", (), problem)
    env, unknown = podenv.given(given, manifest["metadata"])
    return Container(
        name=name,
        model=name,
        runtime=mlserver.RUNTIMES[implementation],
        uri=node.text("modelUri"),
        # What the manifest says comes after what the operator says, and so wins.
        env=(*podenv.of_operator(manifest, predictor, node), *env),
        problem=unknown or _secret(node.text("envSecretRefName")),
    )


def _explainer_of(predictor: Predictor) -> Part | None:
    """An explainer without a type is ignored, as the operator does."""
    explainer = predictor.part.part("explainer")
    return explainer if explainer and explainer.text("type") else None


def _explainer(taken: Manifest, predictor: Predictor, explainer: Part, service: str) -> Workload:
    """`service` is the URL of the model; the explainer asks it as soon as it is loaded."""
    name = explainer_name(taken.name, predictor.name)
    own = explainer.part("containerSpec")
    model = own.name if own and own.name else name
    infer = f"{service}/v2/models/{predictor.nodes[0].name}/infer"
    extra, problem = mlserver.explainer_extra(explainer.text("type"), explainer.text("initParameters"), infer)
    container = Container(
        name=model,
        model=model,
        runtime=mlserver.EXPLAIN,
        uri=explainer.text("modelUri"),
        env=(("MLSERVER_MODEL_EXTRA", extra), *_version(pinned(explainer.text("modelUri")))),
        problem=problem or _secret(explainer.text("envSecretRefName")),
    )
    spec = {key: value for key, value in explainer.data.items() if key != "replicas"}
    idle = _replicas(taken, predictor, None) == 0
    return Workload(
        name=name,
        kind=Kind.EXPLAINER,
        service=name,
        replicas=0 if idle else max(0, int(explainer.data.get("replicas", 1))),
        revision=_revision({"explainer": spec, "extra": extra}),
        entry=model,
        containers=(container,),
    )


def _rules(namespace: str, taken: Manifest) -> Iterator[Rule]:
    services = {
        predictor.name: f"{namespace}/"
        + service_name(taken.name, predictor.name, predictor.part.data.get("annotations"))
        for predictor in taken.predictors
    }
    alone = len(taken.main) == 1
    yield Rule(
        prefix=f"/seldon/{namespace}/{taken.name}",
        targets=tuple(
            (services[predictor.name], 100 if alone else max(0, predictor.traffic))
            for predictor in taken.main
        ),
        # As in Istio, no share of the traffic means all of it.
        mirrors=tuple(
            (services[predictor.name], predictor.traffic or 100)
            for predictor in taken.predictors
            if predictor.shadow
        ),
    )
    for predictor in taken.predictors:
        if _explainer_of(predictor):
            explainer = f"{namespace}/{explainer_name(taken.name, predictor.name)}"
            yield Rule(f"/seldon/{namespace}/{taken.name}-explainer/{predictor.name}", ((explainer, 100),))


def _secret(name: str | None) -> str:
    """No name means the operator's default secret, which is the same."""
    return f'CreateContainerConfigError: secret "{name}" not found' if name not in (None, "", SECRET) else ""


def _revision(content: Mapping[str, Json]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
