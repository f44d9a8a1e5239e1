"""What the flow asks of the outside world; `platforms/` answers over the wire.

Every method may raise BackendUnreachable (no answer, late answer, an answer of another kind) and
PlatformRefused (the platform said no); absence is a `Missing`, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from releasectl.model import CommitId, Json, Missing, ServedFile, Upstream

Progress = Callable[[str], None]  # told one line at a time what is being waited for


@dataclass(frozen=True, slots=True)
class CommitState:
    """A commit as Pachyderm knows it; `error` is empty unless its job failed.

    `started` and `description`, in the words of who made it, are told to people and decide nothing.
    """

    repo: str
    branch: str
    commit: CommitId
    finished: bool
    error: str
    started: datetime | None = field(default=None, compare=False)
    description: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PipelineState:
    """A live pipeline: `spec` is what the server keeps, as JSON in the field names of the spec; `state` is
    in pachctl's words (running, standby, paused, failure, ...).
    """

    name: str
    version: int
    state: str
    reason: str
    spec: Json


@dataclass(frozen=True, slots=True)
class JobState:
    """A job: `id` is also the id of its output commit; `state` is in pachctl's words: created, starting,
    running, egressing, finishing, and at last success, failure, killed or unrunnable.
    """

    pipeline: str
    id: str
    state: str
    reason: str
    datums_done: int
    datums_total: int


@dataclass(frozen=True, slots=True)
class PipelineChange:
    """What one apply does to a DAG, all of it in one transaction: one commit set, one job per pipeline.

    A spec may say `reprocess: true`: datums that did not change are then processed again. Deletions come
    last, downstream first, and outside the transaction (pachd offers none for them).
    """

    create_repos: tuple[str, ...] = ()
    move_heads: tuple[tuple[str, str, CommitId], ...] = ()  # (repo, branch, commit)
    pipelines: tuple[Json, ...] = ()  # specs to create or update, in dependency order
    delete_pipelines: tuple[str, ...] = ()


class VersionedData(Protocol):
    """Pachyderm: repositories, branches, commits, files and the pipelines between them."""

    def version(self) -> str:
        """That of the server, such as 2.7.6."""

    def repos(self) -> Sequence[str]:
        """The names of the repositories that hold data, sorted."""

    def branches(self, repo: str) -> Mapping[str, CommitId] | Missing:
        """Heads by branch name."""

    def commits(self, repo: str) -> Sequence[CommitState]:
        """All commits of a repository, newest first."""

    def commit(self, repo: str, reference: str) -> CommitState | Missing:
        """`reference` is a commit id, a branch name, or `branch~n`."""

    def files(self, repo: str, commit: CommitId, path: str = "/") -> tuple[ServedFile, ...]:
        """Every regular file below `path`, sorted by path, with the sha256 of its content as read now."""

    def sizes(self, repo: str, commit: CommitId, path: str = "/") -> Mapping[str, int]:
        """The same files in the same order, with their sizes in bytes; no content is read."""

    def read(self, repo: str, commit: CommitId, path: str) -> bytes | Missing:
        """The content of one file; Missing if the commit or the file is not there."""

    def lineage(self, repo: str, commit: CommitId) -> tuple[Upstream, ...]:
        """Every commit that `commit` was made from, direct or not, and itself last; sources first."""

    def put(self, repo: str, branch: str, files: Mapping[str, bytes], description: str) -> CommitId:
        """One finished commit whose content is exactly `files`; creates the repository if it is missing."""

    def append(self, repo: str, branch: str, path: str, content: bytes) -> CommitId:
        """One finished commit that adds a file to `branch`, or replaces it there; else as `put`."""

    def move_head(self, repo: str, branch: str, commit: CommitId) -> None:
        """Point `branch` at `commit` (deferred processing). Not idempotent on a server: compare first."""

    def delete_branch(self, repo: str, branch: str) -> None:
        """Nothing happens if there is no such branch."""

    def pipelines(self) -> Mapping[str, PipelineState]:
        """Live pipelines by name."""

    def change(self, change: PipelineChange) -> None:
        """Do all of `change`, what is created in one transaction; PlatformRefused if the server will not."""

    def jobs(self, pipeline: str) -> Sequence[JobState]:
        """Jobs of every version of a pipeline, newest first."""

    def logs(self, pipeline: str, job: str) -> Iterator[str]:
        """What the user code of a job printed, oldest line first."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A live SeldonDeployment: the object as stored, and what its status says."""

    manifest: Json
    state: str
    ready: bool
    description: str


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector of a deployment: `kind` is "drift" or "outlier", `body` the DetectorConfigData."""

    kind: str
    name: str
    body: Json
    status: str = ""


class Serving(Protocol):
    """Seldon Deploy: SeldonDeployments and their detectors, in a namespace."""

    def version(self) -> str:
        """That of the server."""

    def deployments(self, namespace: str) -> Mapping[str, Deployment]:
        """The SeldonDeployments of a namespace by name."""

    def deployment(self, namespace: str, name: str) -> Deployment | Missing:
        """One of them; Missing if it is not there."""

    def create(self, namespace: str, manifest: Json) -> None:
        """PlatformRefused if there is one of that name, or the webhook will not have it."""

    def update(self, namespace: str, manifest: Json) -> None:
        """Replace the whole object of the manifest's name; PlatformRefused as for `create`."""

    def delete(self, namespace: str, name: str) -> None:
        """Nothing happens if it is not there."""

    def detectors(self, namespace: str, name: str) -> Mapping[str, Detector]:
        """The detectors of a deployment by their names."""

    def create_detector(self, namespace: str, name: str, detector: Detector) -> None:
        """`name` is that of the deployment; PlatformRefused if the server will not have it."""

    def delete_detector(self, namespace: str, name: str, detector: Detector) -> None:
        """Nothing happens if it is not there."""


class Inference(Protocol):
    """The ingress: Open Inference Protocol requests to what is deployed."""

    def endpoint(self, namespace: str, name: str) -> str:
        """The URL that clients of a release post their requests to."""

    def infer(self, namespace: str, name: str, model: str, request: Json) -> Json:
        """POST /seldon/<namespace>/<name>/v2/models/<model>/infer"""

    def explain(self, namespace: str, name: str, predictor: str, request: Json) -> Json:
        """The explainer of one predictor; returns what alibi wrote, and its `model_version`."""

    def detect(self, namespace: str, name: str, detector: str, request: Json) -> Json:
        """Ask a detector directly; returns the response's outputs by name."""


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """What has a request log of its own: a node of a predictor's graph; `container` is the node's name."""

    predictor: str
    container: str


@dataclass(frozen=True, slots=True)
class LoggedSpan:
    """How many calls of one endpoint are logged, and from when to when."""

    count: int
    first: datetime | Missing
    last: datetime | Missing


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One request to one endpoint, and what came of it: payloads as the model got and gave them.

    A shadow's call has the request id of the user's call that it copies. `seconds` is what the model took.
    """

    request_id: str
    at: datetime
    request: Json | Missing
    response: Json | Missing
    status: int | Missing
    error: str
    seconds: float | Missing
    outlier: Json | Missing
    drift: Json | Missing


class RequestLog(Protocol):
    """What the predictors were asked and what they answered, kept by Seldon's request logger."""

    def endpoints(self, namespace: str, name: str) -> Mapping[Endpoint, LoggedSpan]:
        """What has a log, with the number of its calls and the time they span."""

    def calls(
        self,
        namespace: str,
        name: str,
        endpoint: Endpoint,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[LoggedCall]:
        """Oldest first, `since` included and `until` not; an endpoint without a log has no calls."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The three doors of one platform; `cli/wiring.py` opens them."""

    data: VersionedData
    serving: Serving
    inference: Inference
