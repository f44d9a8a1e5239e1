"""Pachyderm as a small state machine in memory: what is written is kept, and a job takes some looks."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from releasectl.model import CommitId, Missing, ServedFile, Upstream
from releasectl.plan.dag import affected, name_of
from releasectl.ports import CommitState, JobState, PipelineChange, PipelineState


def commit_id(text: str) -> CommitId:
    """A version-4 UUID without dashes, the same for the same text."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return digest[:12] + "4" + digest[13:32]


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
        commit = self._commit(repo, branch, dict(files))
        made = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.states[repo, commit] = replace(self.states[repo, commit], started=made, description=description)
        return commit

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
