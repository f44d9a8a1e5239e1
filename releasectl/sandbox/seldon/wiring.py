"""Tells executors where their models are, and the request logger where the detectors are."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from releasectl.model import Json
from releasectl.sandbox.seldon.instance import Instance
from releasectl.sandbox.seldon.logger import CONSUMERS
from releasectl.sandbox.seldon.values import Kind, Server
from releasectl.sandbox.seldon.watched import Watched, replace

Pod = tuple[str, str, str, int]


def pod_of(server: Server) -> Pod:
    return server.unit, server.workload, server.revision, server.replica


def ready_pods(instances: Iterable[Instance]) -> set[Pod]:
    """Those of which every container is ready."""
    ready: dict[Pod, bool] = defaultdict(lambda: True)
    for instance in instances:
        ready[pod_of(instance.server)] &= instance.ready
    return {pod for pod, is_ready in ready.items() if is_ready}


class Wiring:
    """Files below `state` that are replaced when what they say has changed."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._files: dict[Path, Watched] = {}

    def executors(self, instances: Collection[Instance]) -> None:
        for instance in instances:
            if instance.server.is_executor and instance.folder.is_dir():
                self._say(instance.folder / "upstreams.json", upstreams(instance.server, instances))

    def detectors(self, instances: Iterable[Instance], live: Callable[[Server], bool]) -> None:
        self._say(self._state / CONSUMERS, consumers(instances, live))

    def _say(self, path: Path, content: Json) -> None:
        file = self._files.setdefault(path, Watched(path))
        if file.read() != content:
            replace(path, content)


def upstreams(executor: Server, instances: Iterable[Instance]) -> dict[str, list[str]]:
    """URLs by container: that of the executor's own pod, else those of the predictor's other pods."""
    own: dict[str, list[str]] = defaultdict(list)
    others: dict[str, list[str]] = defaultdict(list)
    for instance in instances:
        server = instance.server
        if server.is_executor or not instance.ready or server.kind is not Kind.MODEL:
            continue
        if pod_of(server) == pod_of(executor):
            own[server.container.name].append(instance.url)
        elif (server.service, server.revision) == (executor.service, executor.revision):
            others[server.container.name].append(instance.url)
    return {name: sorted(urls) for name, urls in sorted({**others, **own}.items())}


def consumers(instances: Iterable[Instance], live: Callable[[Server], bool]) -> list[Json]:
    """The detectors that judge. One that is replaced judges on until it is drained, each its own model's."""
    return [
        {
            **json.loads(server.container.settings),
            "url": f"{instance.url}/v2/models/{server.container.model}/infer",
        }
        for instance in sorted(instances, key=lambda each: each.server.key)
        if (server := instance.server).kind is Kind.DETECTOR
        and instance.ready
        and server.container.settings
        and live(server)
    ]
