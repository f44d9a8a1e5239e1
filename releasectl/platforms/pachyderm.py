"""`VersionedData` over pachd's gRPC API, with the messages of python-pachyderm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from google.protobuf import empty_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pfs

from releasectl.model import CommitId, Missing, Platform, ServedFile, Upstream
from releasectl.platforms import pachyderm_files as file_calls
from releasectl.platforms import pachyderm_pipelines as pipeline_calls
from releasectl.platforms.pachyderm_lineage import lineage
from releasectl.platforms.pachyderm_messages import COMMIT_ID, PROJECT, commit_state, repo_message
from releasectl.platforms.pachyderm_wire import NotFound, Wire
from releasectl.ports import CommitState, JobState, PipelineChange, PipelineState, VersionedData


def build(platform: Platform) -> VersionedData:
    return Pachyderm(Wire(platform))


class Pachyderm:
    """See `VersionedData`. Connects at the first call; every call has the platform's timeout."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def version(self) -> str:
        found = self._wire.call(self._wire.versions.GetVersion, empty_pb2.Empty())
        return f"{found.major}.{found.minor}.{found.micro}{found.additional}"

    def repos(self) -> Sequence[str]:
        request = pfs.ListRepoRequest(type="user", projects=[PROJECT])
        return sorted(str(info.repo.name) for info in self._wire.stream(self._wire.pfs.ListRepo, request))

    def branches(self, repo: str) -> Mapping[str, CommitId] | Missing:
        request = pfs.ListBranchRequest(repo=repo_message(repo))
        try:
            infos = list(self._wire.stream(self._wire.pfs.ListBranch, request, where=repo))
        except NotFound as error:
            return Missing(error.problems[0].what)
        return {info.branch.name: info.head.id for info in sorted(infos, key=lambda info: info.branch.name)}

    def commits(self, repo: str) -> Sequence[CommitState]:
        """Those that jobs made, too: pachd leaves them out unless it is asked for all."""
        request = pfs.ListCommitRequest(repo=repo_message(repo), all=True)
        try:
            return [
                commit_state(info)
                for info in self._wire.stream(self._wire.pfs.ListCommit, request, where=repo)
            ]
        except NotFound:
            return ()

    def commit(self, repo: str, reference: str) -> CommitState | Missing:
        """An id that the repository lacks is `Missing`, though pachd would answer with an ancestor."""
        try:
            found = commit_state(file_calls.inspect(self._wire, repo, reference))
        except NotFound as error:
            return Missing(error.problems[0].what)
        if COMMIT_ID.fullmatch(reference) and found.commit != reference:
            return Missing(f"{repo} has no commit {reference}: it is one of another repository")
        return found

    def files(self, repo: str, commit: CommitId, path: str = "/") -> tuple[ServedFile, ...]:
        return file_calls.files(self._wire, repo, commit, path)

    def sizes(self, repo: str, commit: CommitId, path: str = "/") -> Mapping[str, int]:
        return file_calls.sizes(self._wire, repo, commit, path)

    def read(self, repo: str, commit: CommitId, path: str) -> bytes | Missing:
        return file_calls.read(self._wire, repo, commit, path)

    def lineage(self, repo: str, commit: CommitId) -> tuple[Upstream, ...]:
        return lineage(self._wire, repo, commit)

    def put(self, repo: str, branch: str, files: Mapping[str, bytes], description: str) -> CommitId:
        return file_calls.put(self._wire, repo, branch, files, description)

    def append(self, repo: str, branch: str, path: str, content: bytes) -> CommitId:
        return file_calls.append(self._wire, repo, branch, path, content)

    def move_head(self, repo: str, branch: str, commit: CommitId) -> None:
        pipeline_calls.move_head(self._wire, repo, branch, commit)

    def delete_branch(self, repo: str, branch: str) -> None:
        pipeline_calls.delete_branch(self._wire, repo, branch)

    def pipelines(self) -> Mapping[str, PipelineState]:
        return pipeline_calls.pipelines(self._wire)

    def change(self, change: PipelineChange) -> None:
        pipeline_calls.change(self._wire, change)

    def jobs(self, pipeline: str) -> Sequence[JobState]:
        return pipeline_calls.jobs(self._wire, pipeline)

    def logs(self, pipeline: str, job: str) -> Iterator[str]:
        return pipeline_calls.logs(self._wire, pipeline, job)
