"""The operator: looks at what is wanted and what runs, and takes the next steps from one to the other.

It is level-based: every pass looks at everything, so it does not matter what it missed or when it was killed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from releasectl.model import Json
from releasectl.sandbox.seldon import desired
from releasectl.sandbox.seldon.ingress import Ingress
from releasectl.sandbox.seldon.kubelet import Kubelet
from releasectl.sandbox.seldon.lockstep import lockstep
from releasectl.sandbox.seldon.status import Pods, state, status
from releasectl.sandbox.seldon.store import Store, StoredDetector
from releasectl.sandbox.seldon.values import (
    Commitment,
    Server,
    Unit,
    Workload,
    direct_rule,
    servers,
)
from releasectl.sandbox.seldon.wiring import Wiring, pod_of, ready_pods

log = logging.getLogger(__name__)
RETRY_SECONDS = 2.0
FIRST_LOOK_SECONDS = 2.0


class Operator:
    """Makes processes and routes of what the store holds, and writes back how that goes."""

    def __init__(
        self, store: Store, kubelet: Kubelet, ingress: Ingress, wiring: Wiring, wake: asyncio.Event
    ) -> None:
        self._store = store
        self._kubelet = kubelet
        self._ingress = ingress
        self._wiring = wiring
        self._wake = wake
        self._commitments: Mapping[str, Commitment] = {}
        self._pending: Collection[str] = ()  # deployments that are not live as they are wanted
        self._held: Mapping[str, str] = {}  # of those, what each waits for beside its own servers
        # What was last routed of a unit, and the first generation of the routing that did so.
        self._routed: dict[str, tuple[object, int]] = {}

    async def look(self) -> None:
        """The first pass; what the API answers before it is what an earlier operator saw."""
        # Else the status of what serves all along would say for a moment that it does not.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ingress.live(self._ingress.generation), FIRST_LOOK_SECONDS)
        self._pass()
        self._kubelet.sweep()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._pass()

    def _pass(self) -> None:
        self._wake.clear()
        try:
            self.reconcile()
        except Exception:  # a full disk, say: what is stored stays, and the next pass looks anew
            log.exception("reconciling; again in %s s", RETRY_SECONDS)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._wake.set)

    def reconcile(self) -> None:
        objects = {
            desired.deployment_id(each["metadata"]["namespace"], each["metadata"]["name"]): each
            for each in self._store.objects()
        }
        units = {unit: self._unit(unit, each) for unit, each in objects.items()}
        units |= {unit.id: unit for unit in map(desired.detector, self._store.detectors())}
        wanted = {server.key: server for unit in units.values() for server in servers(unit)}
        for server in wanted.values():
            self._kubelet.ensure(server)
        self._wiring.executors(self._kubelet.instances.values())
        self._commit(units)
        surplus = {
            key
            for key, instance in self._kubelet.instances.items()
            if key not in wanted and not _serves_still(instance.server, units, self._commitments)
        }
        generation = self._route(units, surplus)
        self._kubelet.remove(surplus, generation)
        self._wire_detectors()
        for unit, each in objects.items():
            self._report(each, units[unit])

    def detector_status(self, detector: StoredDetector) -> str:
        """One word, and after "Failed: " the reason."""
        unit = desired.detector(detector)
        word, description = state(unit, self._pods(unit))
        if word == "Available" and not self._is_routed(unit) and unit.group not in self._pending:
            word = "Creating"
        return f"{word}: {description}" if description else word

    def _unit(self, unit: str, manifest: Json) -> Unit:
        try:
            return desired.deployment(manifest, self._ingress.url)
        except Exception as error:  # one object that is not understood must not stop the others
            log.exception("reconciling %s", unit)
            return Unit(unit, manifest["metadata"]["namespace"], problem=f"reconcile error: {error!r}")

    def _commit(self, units: Mapping[str, Unit]) -> None:
        """What is ready goes live, a SeldonDeployment and its detectors as one; see `lockstep`."""
        before = {unit: Commitment.load(body) for unit, body in self._store.commitments().items()}
        step = lockstep(units, before, self._complete)
        with self._store.transaction():
            for gone in before.keys() - step.live.keys():
                self._store.forget(gone)
                self._routed.pop(gone, None)
            for unit, new in step.live.items():
                if before.get(unit) != new:
                    log.info("%s goes live", unit)
                    self._store.commit(unit, new.dump())
        self._commitments, self._pending, self._held = step.live, step.pending, step.held

    def _complete(self, unit: Unit) -> bool:
        whole = bool(unit.workloads) and all(each.replicas for each in unit.workloads)
        return whole and all(self._kubelet.ready(server) for server in servers(unit))

    def _wire_detectors(self) -> None:
        """Also those that are drained now: what was answered last is theirs to judge."""
        kubelet = self._kubelet
        drained = kubelet.draining.keys()
        self._wiring.detectors(
            (*kubelet.instances.values(), *kubelet.draining.values()),
            lambda server: server.key in drained or _is_live(server, self._commitments),
        )

    def _route(self, units: Mapping[str, Unit], surplus: Collection[str]) -> int:
        """Lead requests to the ready servers of what is live, save the surplus, and explainers to models."""
        endpoints: dict[str, list[str]] = defaultdict(list)
        rules = {rule for commitment in self._commitments.values() for rule in commitment.rules}
        reached: dict[str, set[str]] = defaultdict(set)
        instances = (*self._kubelet.instances.values(), *self._kubelet.draining.values())
        pods = ready_pods(instances)
        for instance in instances:
            server = instance.server
            if not instance.ready:
                continue
            if server.explained:
                rules.add(direct := direct_rule(server.service, server.revision))
                endpoints[direct.targets[0][0]].append(instance.url)
            if not server.entry or pod_of(server) not in pods:
                continue
            stays = server.key in self._kubelet.instances and server.key not in surplus
            if stays and _is_live(server, self._commitments):
                endpoints[server.service].append(instance.url)
                reached[server.unit].add(instance.url)
        generation = self._ingress.publish(rules, endpoints)
        for unit in units:
            routed = (self._commitments.get(unit), reached[unit])
            if self._routed.get(unit, (None, 0))[0] != routed:
                self._routed[unit] = (routed, generation)
        return generation

    def _is_routed(self, unit: Unit) -> bool:
        """Whether the ingress is seen to route requests as `unit` asks for."""
        _, generation = self._routed.get(unit.id, (None, 0))
        committed = self._commitments.get(unit.id) == Commitment.of(unit)
        return committed and 0 < generation <= self._ingress.live_generation

    def _report(self, manifest: Json, unit: Unit) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        held = self._held.get(unit.id, "")
        new = status(manifest, unit, self._pods(unit), self._is_routed(unit), now, held)
        if new != manifest.get("status"):
            metadata = manifest["metadata"]
            self._store.put_status(metadata["namespace"], metadata["name"], new)

    def _pods(self, unit: Unit) -> dict[str, Pods]:
        return {workload.name: self._pods_of(unit, workload) for workload in unit.workloads}

    def _pods_of(self, unit: Unit, workload: Workload) -> Pods:
        """A pod is ready when all of its containers are."""
        ready: dict[tuple[str, int], bool] = defaultdict(lambda: True)
        failure = ""
        for instance in self._kubelet.instances.values():
            server = instance.server
            if (server.unit, server.workload) == (unit.id, workload.name):
                ready[server.revision, server.replica] &= instance.ready
                if server.revision == workload.revision and server.replica < workload.replicas:
                    failure = failure or instance.failure
        current = sum(is_ready for (revision, _), is_ready in ready.items() if revision == workload.revision)
        return Pods(len(ready), sum(ready.values()), current, failure)


def _is_live(server: Server, commitments: Mapping[str, Commitment]) -> bool:
    commitment = commitments.get(server.unit)
    return commitment is not None and commitment.revisions.get(server.workload) == server.revision


def _serves_still(server: Server, units: Mapping[str, Unit], commitments: Mapping[str, Commitment]) -> bool:
    """Whether a server that is no longer wanted must stay, as what replaces it is not live yet."""
    if not _is_live(server, commitments):
        return False
    if (unit := units.get(server.unit)) is None:
        return True  # a detector that goes when what comes instead of it goes live
    now = next((each for each in unit.workloads if each.name == server.workload), None)
    # Of a workload that stays as it is, only surplus replicas are not wanted.
    return now is None or (now.revision != server.revision and now.replicas > 0)
