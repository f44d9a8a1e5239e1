"""How each kind of server is started and asked for its health: an MLServer, or an executor before it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from releasectl.sandbox.seldon import artefacts, mlserver, processes
from releasectl.sandbox.seldon.mlserver import Ports
from releasectl.sandbox.seldon.values import Container, Server

BROKER = Path("requestlog", "broker.json")  # below the state folder: the URL of the broker
MODEL_REQUESTS = "rest_server_requests"
EXECUTOR_REQUESTS = "seldon_api_executor_server_requests"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server runs: its own folder, the state folder, the environment with MLServer, the gateway."""

    folder: Path
    state: Path
    servers: Path
    s3: str


class Launch(Protocol):
    """`light` servers start at once; `suffix` tells the log of one container from that of another."""

    light: bool
    suffix: str
    ready: str
    live: str

    def prepare(self) -> None:
        """Fetch what the server needs; FetchError if it cannot be had."""

    def command(self, ports: Ports) -> tuple[str, ...]: ...

    def environment(self, ports: Ports) -> dict[str, str]: ...

    def metrics(self, ports: Sequence[int]) -> str: ...

    def requests(self, metrics: str) -> tuple[float, float]:
        """(how many requests are being answered, how many were)."""


def launch_of(server: Server, place: Place) -> Launch:
    kind = ExecutorLaunch if server.is_executor else ModelLaunch
    return kind(server.container, place)


class ModelLaunch:
    """An MLServer with one model, explainer or detector."""

    light = False
    suffix = ""
    live = "/v2/health/live"

    def __init__(self, container: Container, place: Place) -> None:
        self._container = container
        self._place = place
        # A path that names this state folder, so that a process is recognised whatever happens to its record.
        self._models = place.folder / "models"
        self.ready = f"/v2/models/{container.model}/ready"

    def prepare(self) -> None:
        place = self._place
        cache = place.state / "artefacts"
        found = artefacts.fetch(place.s3, self._container.uri, cache, place.folder)
        self._models.unlink(missing_ok=True)
        self._models.symlink_to(found)
        artefacts.prune(cache, place.state / "pods")

    def command(self, ports: Ports) -> tuple[str, ...]:  # noqa: ARG002  # they are in its environment
        return mlserver.command(self._place.servers, self._container, self._models)

    def environment(self, ports: Ports) -> dict[str, str]:
        return mlserver.environment(os.environ, self._container, self._models, ports)

    def metrics(self, ports: Sequence[int]) -> str:
        return f"http://127.0.0.1:{ports[2]}/metrics"

    def requests(self, metrics: str) -> tuple[float, float]:
        return counted(metrics, MODEL_REQUESTS, 'method="POST"')


class ExecutorLaunch:
    """The executor of a pod. It needs no slot: it is ready before a model has imported anything."""

    light = True
    suffix = "-executor"
    ready = live = "/live"

    def __init__(self, container: Container, place: Place) -> None:
        self._settings = container.settings
        self._place = place

    def prepare(self) -> None:
        (self._place.folder / "settings.json").write_text(self._settings)

    def command(self, ports: Ports) -> tuple[str, ...]:
        module = (sys.executable, "-m", "releasectl.sandbox.seldon.executor")
        broker = str(self._place.state / BROKER)
        return (*module, "--pod", str(self._place.folder), "--broker", broker, "--port", str(ports.http))

    def environment(self, ports: Ports) -> dict[str, str]:  # noqa: ARG002  # it is told its own
        return processes.own_environment()

    def metrics(self, ports: Sequence[int]) -> str:
        return f"http://127.0.0.1:{ports[0]}/prometheus"

    def requests(self, metrics: str) -> tuple[float, float]:
        return counted(metrics, EXECUTOR_REQUESTS)


def counted(metrics: str, name: str, label: str = "") -> tuple[float, float]:
    """(in progress, in total) of a server's Prometheus metrics, over the lines with `label`."""
    found = {f"{name}_in_progress{{": 0.0, f"{name}_total{{": 0.0}
    for line in metrics.splitlines():
        for start in found:
            if line.startswith(start) and label in line:
                found[start] += float(line.rpartition(" ")[2])
    busy, total = found.values()
    return busy, total
