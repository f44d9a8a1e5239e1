"""The ports as small state machines in memory: what is written is kept, and every status takes its time."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from releasectl.errors import PlatformRefused
from releasectl.manifest import commits
from releasectl.model import CommitId, Json, Missing, ServedFile, Upstream
from releasectl.plan.dag import affected, name_of
from releasectl.ports import (
    Cluster,
    CommitState,
    Deployment,
    Detector,
    JobState,
    PipelineChange,
    PipelineState,
)


def commit_id(text: str) -> CommitId:
    """A version-4 UUID without dashes, the same for the same text."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return digest[:12] + "4" + digest[13:32]


@dataclass
class FakeClock:
    """Time passes only by sleeping."""

    moment: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    slept: float = 0.0

    def now(self) -> datetime:
        return self.moment + timedelta(seconds=self.slept)

    def monotonic(self) -> float:
        return self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


@dataclass
class FakeData:
    """Pachyderm: a moved head or a changed spec starts a job per pipeline below; it ends after some looks."""

    heads: dict[str, dict[str, CommitId]] = field(default_factory=dict)
    states: dict[tuple[str, CommitId], CommitState] = field(default_factory=dict)
    contents: dict[tuple[str, CommitId], dict[str, bytes]] = field(default_factory=dict)
    ancestry: dict[tuple[str, CommitId], tuple[Upstream, ...]] = field(default_factory=dict)
    live: dict[str, PipelineState] = field(default_factory=dict)
    runs: dict[str, list[JobState]] = field(default_factory=dict)
    printed: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)  # pipeline -> why its jobs fail
    looks_per_job: int = 3
    writes: list[str] = field(default_factory=list)
    sets: Iterator[int] = field(default_factory=itertools.count)

    def version(self) -> str:
        return "2.7.6"

    def repos(self) -> Sequence[str]:
        return sorted(self.heads)

    def branches(self, repo: str) -> Mapping[str, CommitId] | Missing:
        return dict(self.heads[repo]) if repo in self.heads else Missing(f"no repo {repo}")

    def commits(self, repo: str) -> Sequence[CommitState]:
        return [state for (owner, _), state in reversed(self.states.items()) if owner == repo]

    def commit(self, repo: str, reference: str) -> CommitState | Missing:
        reference = self.heads.get(repo, {}).get(reference, reference)
        return self.states.get((repo, reference), Missing(f"no {reference} in {repo}"))

    def files(self, repo: str, commit: CommitId, path: str = "/") -> tuple[ServedFile, ...]:
        prefix = path.rstrip("/") + "/"
        return tuple(
            ServedFile(name, len(content), hashlib.sha256(content).hexdigest())
            for name, content in sorted(self.contents.get((repo, commit), {}).items())
            if name.startswith(prefix)
        )

    def sizes(self, repo: str, commit: CommitId, path: str = "/") -> Mapping[str, int]:
        return {file.path: file.size for file in self.files(repo, commit, path)}

    def read(self, repo: str, commit: CommitId, path: str) -> bytes | Missing:
        return self.contents.get((repo, commit), {}).get(path, Missing(f"no {path}"))

    def lineage(self, repo: str, commit: CommitId) -> tuple[Upstream, ...]:
        return self.ancestry.get((repo, commit), ())

    def put(self, repo: str, branch: str, files: Mapping[str, bytes], description: str) -> CommitId:
        self.writes.append(f"put {repo}@{branch} {description}")
        return self._commit(repo, branch, dict(files))

    def append(self, repo: str, branch: str, path: str, content: bytes) -> CommitId:
        self.writes.append(f"append {repo}@{branch} {path}")
        head = self.heads.get(repo, {}).get(branch, "")
        return self._commit(repo, branch, {**self.contents.get((repo, head), {}), path: content})

    def move_head(self, repo: str, branch: str, commit: CommitId) -> None:
        self.writes.append(f"move {repo}@{branch} {commit}")
        self.heads[repo][branch] = commit

    def delete_branch(self, repo: str, branch: str) -> None:
        self.writes.append(f"delete {repo}@{branch}")
        self.heads.get(repo, {}).pop(branch, None)

    def pipelines(self) -> Mapping[str, PipelineState]:
        return dict(self.live)

    def change(self, change: PipelineChange) -> None:
        self.writes.append("change pipelines")
        for repo in change.create_repos:
            self.heads.setdefault(repo, {})
        for repo, branch, commit in change.move_heads:
            self.heads[repo][branch] = commit
        for spec in change.pipelines:
            name = name_of(spec)
            version = self.live[name].version + 1 if name in self.live else 1
            kept = {key: value for key, value in spec.items() if key not in ("update", "reprocess")}
            stored = {**kept, "salt": f"salt {version}", "output_branch": "master", "datum_tries": "3"}
            self.live[name] = PipelineState(name, version, "running", "", stored)
            self.heads.setdefault(name, {})
        self._start_jobs(change)
        for name in change.delete_pipelines:
            self.live.pop(name, None)
            self.runs.pop(name, None)
            self.heads.pop(name, None)

    def jobs(self, pipeline: str) -> Sequence[JobState]:
        """Each look brings the newest job one state further."""
        jobs = self.runs.get(pipeline, [])
        if jobs and jobs[0].state not in ("success", "failure", "unrunnable", "killed"):
            looks = jobs[0].datums_done + 1
            jobs[0] = replace(jobs[0], state="running", datums_done=looks, datums_total=self.looks_per_job)
            if looks >= self.looks_per_job:
                why = self.failing.get(pipeline, "")
                jobs[0] = replace(jobs[0], state="failure" if why else "success", reason=why)
        return tuple(jobs)

    def logs(self, pipeline: str, job: str) -> Iterator[str]:
        return iter(self.printed.get((pipeline, job), []))

    def _start_jobs(self, change: PipelineChange) -> None:
        moved = {(repo, branch) for repo, branch, _ in change.move_heads}
        changed = {name_of(spec) for spec in change.pipelines}
        job = commit_id(f"set {next(self.sets)}")
        for name in affected([state.spec for state in self.live.values()], changed=changed, moved=moved):
            before = self.runs.setdefault(name, [])
            if before and before[0].state in ("created", "running"):
                before[0] = replace(before[0], state="killed", reason="a newer job came")
            before.insert(0, JobState(name, job, "created", "", 0, 0))
            self.heads.setdefault(name, {})["master"] = job

    def _commit(self, repo: str, branch: str, files: dict[str, bytes]) -> CommitId:
        commit = commit_id(f"commit {next(self.sets)}")
        self.add(repo, branch, commit, files)
        return commit

    def add(self, repo: str, branch: str, commit: CommitId, files: Mapping[str, bytes]) -> None:
        """A finished commit as part of the start state."""
        self.heads.setdefault(repo, {})[branch] = commit
        self.states[repo, commit] = CommitState(repo, branch, commit, True, "")
        self.contents[repo, commit] = dict(files)


@dataclass
class Metered(FakeData):
    """Notes the path of every file whose content is read."""

    reads: list[str] = field(default_factory=list)

    def files(self, repo: str, commit: CommitId, path: str = "/") -> tuple[ServedFile, ...]:
        found = super().files(repo, commit, path)
        self.reads += [file.path for file in found]
        return found

    def sizes(self, repo: str, commit: CommitId, path: str = "/") -> Mapping[str, int]:
        return {file.path: file.size for file in super().files(repo, commit, path)}

    def read(self, repo: str, commit: CommitId, path: str) -> bytes | Missing:
        self.reads.append(path)
        return super().read(repo, commit, path)


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


@dataclass
class FakeCluster:
    """One platform in memory, and the writes made to it."""

    clock: FakeClock = field(default_factory=FakeClock)
    data: FakeData = field(default_factory=FakeData)
    serving: FakeServing = field(init=False)

    def __post_init__(self) -> None:
        self.serving = FakeServing(self.clock)

    @property
    def ports(self) -> Cluster:
        return Cluster(self.data, self.serving, FakeInference(self.serving))

    @property
    def writes(self) -> list[str]:
        """Without the ledger's own."""
        own = [line for line in self.data.writes if not line.startswith("append deployments@")]
        return own + self.serving.writes

    def forget_writes(self) -> None:
        self.data.writes.clear()
        self.serving.writes.clear()


class Killed(BaseException):
    """Neither an error of the flow nor one of Python: like KeyboardInterrupt, nothing handles it."""


@dataclass
class Fuse:
    """Burns through at the nth call: before the call has an effect, or just after it.

    `dead` is `kill -9`, after which nothing works any more; else it is Ctrl-C, after which one may tidy up.
    """

    calls: int
    after: bool
    dead: bool

    def guard(self, port: Any) -> Any:
        return _Guarded(port, self)

    def spend(self, method: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        self.calls -= 1
        if (self.calls == 0 and not self.after) or (self.calls < 0 and self.dead):
            raise Killed
        answer = method(*arguments)
        if self.calls == 0:
            raise Killed
        return answer


@dataclass
class _Guarded:
    port: Any
    fuse: Fuse

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.port, name)
        return lambda *arguments: self.fuse.spend(method, arguments)
