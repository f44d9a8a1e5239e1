"""The status of a SeldonDeployment, as Seldon's operator would write it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from releasectl.model import Json
from releasectl.sandbox.seldon.values import Unit, Workload
from releasectl.webhook.names import explainer_name, service_name

CONDITIONS = (
    "AmbassadorMappingsReady",
    "DeploymentsReady",
    "HpasReady",
    "KedaReady",
    "PdbsReady",
    "ServicesReady",
    "istioVirtualServicesReady",
)


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods of a workload: all of them, those that are ready, those of the wanted revision that are."""

    total: int = 0
    ready: int = 0
    current: int = 0
    failure: str = ""


def state(unit: Unit, pods: Mapping[str, Pods]) -> tuple[str, str]:
    """(state, description)."""
    if unit.problem:
        return "Failed", unit.problem
    for workload in unit.workloads:
        if failure := pods[workload.name].failure:
            return "Failed", f"{workload.name}: {failure}"
    return ("Available" if all(_available(each, pods) for each in unit.workloads) else "Creating"), ""


def _available(workload: Workload, pods: Mapping[str, Pods]) -> bool:
    """No replicas means none that is ready, so that is no deployment which is available."""
    return 0 < workload.replicas <= pods[workload.name].current


def status(
    manifest: Json, unit: Unit, pods: Mapping[str, Pods], routed: bool, now: str, held: str = ""
) -> dict[str, Json]:
    """`routed` says whether requests are routed by this very spec, `held` why they are not although it is
    ready; the old status is in `manifest`.
    """
    word, description = state(unit, pods)
    description = description or held
    facts = dict.fromkeys(CONDITIONS, True)
    facts["DeploymentsReady"] = word == "Available"
    facts["istioVirtualServicesReady"] = word == "Available" and routed
    found: dict[str, Json] = {"state": word}
    if description:
        found["description"] = description
    if unit.workloads:
        found["replicas"] = pods[unit.workloads[0].name].total
        found["deploymentStatus"] = {
            workload.name: _counts(pods[workload.name]) for workload in unit.workloads
        }
        found["serviceStatus"] = dict(_services(manifest, unit))
        found["address"] = {"url": _address(manifest, unit.workloads[0])}
    old = (manifest.get("status") or {}).get("conditions") or []
    found["conditions"] = _conditions(facts, description, {each["type"]: each for each in old}, now)
    return found


def _counts(pods: Pods) -> dict[str, int]:
    """Go leaves out what is zero."""
    counts = {"replicas": pods.total, "availableReplicas": pods.ready}
    return {key: value for key, value in counts.items() if value}


def _services(manifest: Json, unit: Unit) -> Iterator[tuple[str, Json]]:
    namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
    for predictor in manifest["spec"]["predictors"]:
        service = service_name(name, predictor["name"], predictor.get("annotations"))
        host = f"{service}.{namespace}"
        yield service, {"svcName": service, "httpEndpoint": f"{host}:8000", "grpcEndpoint": f"{host}:5001"}
        explainer = explainer_name(name, predictor["name"])
        if any(workload.name == explainer for workload in unit.workloads):
            endpoint = f"{explainer}.{namespace}:9000"
            yield explainer, {"svcName": explainer, "httpEndpoint": endpoint, "explainerFor": service}


def _address(manifest: Json, first: Workload) -> str:
    host = f"{first.service}.{manifest['metadata']['namespace']}.svc.cluster.local:8000"
    return f"http://{host}/v2/models/{manifest['spec']['predictors'][0]['graph']['name']}/infer"


def _conditions(facts: Mapping[str, bool], description: str, old: Mapping[str, Json], now: str) -> list[Json]:
    conditions = []
    for kind, fact in sorted({**facts, "Ready": all(facts.values())}.items()):
        word, before = str(fact), old.get(kind)
        kept = before is not None and before["status"] == word
        condition = {
            "type": kind,
            "status": word,
            "lastTransitionTime": before["lastTransitionTime"] if kept and before else now,
        }
        if not fact and kind in ("DeploymentsReady", "Ready") and description:
            condition["message"] = description
        conditions.append(condition)
    return conditions
