"""Seldon as a small state machine in memory: what is written is kept, and every status takes its time."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace

from releasectl.errors import PlatformRefused
from releasectl.manifest import commits
from releasectl.model import CommitId, Json, Missing
from releasectl.ports import Deployment, Detector
from tests.unit.flow.fake_clock import FakeClock


@dataclass
class FakeServing:
    """Seldon: after a write the old status is shown for `stale` seconds, then Creating, then Available."""

    clock: FakeClock = field(default_factory=FakeClock)
    objects: dict[tuple[str, str], Json] = field(default_factory=dict)
    written: dict[tuple[str, str], float] = field(default_factory=dict)
    before: dict[tuple[str, str], tuple[str, bool, str]] = field(default_factory=dict)
    kept: dict[tuple[str, str], dict[str, Detector]] = field(default_factory=dict)
    failing: dict[CommitId, str] = field(default_factory=dict)  # model commit -> why it does not start
    broken_detectors: dict[str, str] = field(default_factory=dict)  # detector -> why it does not start
    born: dict[str, float] = field(default_factory=dict)
    stale: float = 0.5
    creating: float = 1.0
    writes: list[str] = field(default_factory=list)

    def version(self) -> str:
        return "2.4.0"

    def deployments(self, namespace: str) -> Mapping[str, Deployment]:
        return {name: self._show(space, name) for space, name in self.objects if space == namespace}

    def deployment(self, namespace: str, name: str) -> Deployment | Missing:
        if (namespace, name) not in self.objects:
            return Missing(f"no {namespace}/{name}")
        return self._show(namespace, name)

    def create(self, namespace: str, manifest: Json) -> None:
        name = manifest["metadata"]["name"]
        if (namespace, name) in self.objects:
            raise PlatformRefused.at(f"{namespace}/{name}", "already exists", "repeat the command")
        self.writes.append(f"create {namespace}/{name}")
        self.objects[namespace, name] = self._stored(manifest)
        self.written[namespace, name] = self.clock.slept
        self.before[namespace, name] = ("", False, "")

    def update(self, namespace: str, manifest: Json) -> None:
        name = manifest["metadata"]["name"]
        self.writes.append(f"update {namespace}/{name}")
        self.before[namespace, name] = self._status(namespace, name)
        self.objects[namespace, name] = self._stored(manifest)
        self.written[namespace, name] = self.clock.slept

    def delete(self, namespace: str, name: str) -> None:
        self.writes.append(f"delete {namespace}/{name}")
        self.objects.pop((namespace, name), None)
        self.kept.pop((namespace, name), None)

    def detectors(self, namespace: str, name: str) -> Mapping[str, Detector]:
        found = self.kept.get((namespace, name), {}).values()
        return {each.name: replace(each, status=self._word(each.name)) for each in found}

    def _word(self, detector: str) -> str:
        if why := self.broken_detectors.get(detector):
            return f"Failed: {why}"
        return "Available" if self.clock.slept >= self.born[detector] + self.creating else "Creating"

    def create_detector(self, namespace: str, name: str, detector: Detector) -> None:
        self.writes.append(f"create detector {namespace}/{detector.name}")
        filled = {**detector.body, "defaults": "filled in by the server"}
        self.kept.setdefault((namespace, name), {})[detector.name] = replace(detector, body=filled)
        self.born[detector.name] = self.clock.slept

    def delete_detector(self, namespace: str, name: str, detector: Detector) -> None:
        self.writes.append(f"delete detector {namespace}/{detector.name}")
        self.kept.get((namespace, name), {}).pop(detector.name, None)

    def _stored(self, manifest: Json) -> Json:
        metadata = {**manifest["metadata"], "uid": "7", "resourceVersion": "12", "creationTimestamp": "now"}
        return deepcopy({**manifest, "metadata": metadata})

    def _show(self, namespace: str, name: str) -> Deployment:
        return Deployment(self.objects[namespace, name], *self._status(namespace, name))

    def _status(self, namespace: str, name: str) -> tuple[str, bool, str]:
        age = self.clock.slept - self.written[namespace, name]
        if age < self.stale:
            return self.before[namespace, name]
        commit = next(iter(commits(self.objects[namespace, name]).values()))
        if why := self.failing.get(str(commit)):
            return "Failed", False, why
        done = age >= self.stale + self.creating
        return "Available" if done else "Creating", done, ""


@dataclass
class FakeInference:
    """Answers as the first predictor of what is deployed."""

    serving: FakeServing

    def endpoint(self, namespace: str, name: str) -> str:
        return f"http://ingress/{namespace}/{name}"

    def infer(self, namespace: str, name: str, model: str, request: Json) -> Json:
        if (namespace, name) not in self.serving.objects:
            raise PlatformRefused.at(f"{namespace}/{name}", "404", "deploy it")
        rows = request["inputs"][0]["shape"][0]
        version = next(iter(commits(self.serving.objects[namespace, name]).values()))
        output = {"name": "predict", "shape": [rows, 1], "datatype": "INT64", "data": [0] * rows}
        return {"model_name": model, "model_version": version, "outputs": [output]}

    def explain(self, namespace: str, name: str, predictor: str, request: Json) -> Json:
        raise NotImplementedError

    def detect(self, namespace: str, name: str, detector: str, request: Json) -> Json:
        raise NotImplementedError
