"""Builds the collaborators: finds the root, loads the files; the one place that picks the adapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from releasectl import repo
from releasectl.cli.engine import note_other_engine
from releasectl.errors import PolicyDenied, UsageError

if TYPE_CHECKING:
    from releasectl.model import Environment, Platform, Release, Rendered, Repository, Training
    from releasectl.ports import Cluster, Inference, RequestLog, Serving, VersionedData

PIPELINES = "pipelines"  # the target that is no environment
DEFAULT_PLATFORM = "sandbox"  # where no environment says otherwise: pipelines, data, the sandbox itself


def read_ahead() -> None:
    """What every load needs first: jsonnet works while Python imports the rest of a command."""
    from generators.catalogue import catalogue
    from releasectl.ahead import Ahead

    Ahead(catalogue)


@dataclass(frozen=True)
class Workspace:
    """One run of the command line in one repository; everything is read when it is first asked for."""

    start: str | None
    platform_option: str | None = None

    @cached_property
    def root(self) -> Path:
        root = repo.find_root(Path(self.start or "."))
        note_other_engine(root)
        return root

    @cached_property
    def repository(self) -> Repository:
        from releasectl.load import load

        return load(self.root)

    @cached_property
    def settings(self) -> Repository:
        """The environments, read without the releases: a broken one keeps nobody from asking about rules."""
        from releasectl.load import load

        return load(self.root, wanted=lambda path: path.startswith("environments/"))

    @property
    def environments(self) -> Mapping[str, Environment]:
        return self.settings.environments

    @cached_property
    def rendered(self) -> tuple[Rendered, ...]:
        from releasectl.render import render

        return render(self.repository)

    def rendered_for(self, target: str) -> tuple[Rendered, ...]:
        """What is sent to the cluster of `target`; each evaluation of jsonnet is felt."""
        return self._specs if target == PIPELINES else self._manifests

    @cached_property
    def _manifests(self) -> tuple[Rendered, ...]:
        from releasectl.render import manifests

        return manifests(self.repository)

    @cached_property
    def _specs(self) -> tuple[Rendered, ...]:
        from releasectl.render import specs

        return specs(self.repository)

    @property
    def locks(self) -> Path:
        """Where one apply per target is held; inside .git, so that no checkout ever carries it."""
        git = self.root / ".git"
        return (git if git.is_dir() else self.root / ".sandbox") / "releasectl"

    def judged(self, target: str) -> None:
        """UsageError for what is no target, PolicyDenied with all that forbids a release of `target`."""
        from releasectl.checked import denials
        from releasectl.judge import judge
        from releasectl.plan.desired import environment_of

        if target != PIPELINES:
            environment_of(target, self.repository)
        findings = judge(self.repository, self._manifests)
        PolicyDenied.raise_if(denials([each for each in findings if each.environment == target]))

    def platform(self, target: str | None = None) -> Platform:
        """--platform, else what the environment `target` names, else the default."""
        from releasectl.singlefile import load_platform, platform_of

        name = self.platform_option
        if name is None and target is not None:
            name = platform_of(self.root, target)
        return load_platform(self.root, DEFAULT_PLATFORM if name is None else name)

    def cluster(self, target: str | None = None) -> Cluster:
        from releasectl.ports import Cluster

        platform = self.platform(target)
        return Cluster(data_of(platform), serving_of(platform), inference_of(platform))

    def data(self, target: str | None = None) -> VersionedData:
        """One door of the cluster, for who needs no other: each is an import that is felt."""
        return data_of(self.platform(target))

    def request_log(self, target: str) -> RequestLog:
        from releasectl.platforms.request_log import build_request_log

        return build_request_log(self.platform(target))

    def dag_of(self, release: str) -> str:
        """The model family of a release: the DAG of its name, or the only one there is."""
        dags = sorted(path.parent.name for path in self.root.glob("pipelines/*/training.yaml"))
        if release in dags or len(dags) != 1:
            return release
        return dags[0]

    def trainings(self) -> dict[str, Training]:
        """What every training.yaml says, by the repository that it trains on."""
        from releasectl.singlefile import read_training

        paths = sorted(self.root.glob("pipelines/*/training.yaml"))
        files = [path.relative_to(self.root).as_posix() for path in paths]
        return {found.repo: found for found in (read_training(self.root, file) for file in files)}

    def files_read(self, repo: str) -> tuple[str, ...]:
        """The files of a data repository that pipelines read."""
        from releasectl.dataset import files_read

        return files_read((document for spec in self._pipelines for document in spec.documents), repo)

    def repos_read(self) -> frozenset[str]:
        """The data repositories that pipelines read."""
        from generators.pachyderm import reads

        specs = [document for spec in self._pipelines for document in spec.documents]
        return frozenset(repo for repo, _ in reads(specs))

    def gathered_in(self, release: str) -> str:
        """The repository in which the DAG of a release gathers what it made."""
        from releasectl.gather import gathered_in

        return gathered_in(self._pipelines, self.dag_of(release))

    @cached_property
    def _pipelines(self) -> tuple[Rendered, ...]:
        """The specs of every DAG; a broken release keeps nobody from asking."""
        from releasectl.load import load
        from releasectl.render import specs

        return specs(load(self.root, wanted=lambda path: path.startswith("pipelines/")))

    def only_training_repo(self) -> str:
        repos = sorted(self.trainings())
        if len(repos) == 1:
            return repos[0]
        raise UsageError.at("--repo", "which repository is not clear", f"name one of: {', '.join(repos)}")

    def environment(self, name: str) -> Environment:
        from releasectl.plan.desired import environment_of

        return environment_of(name, self.settings)

    def release(self, deployment: str) -> Release:
        """The release that `TARGET/NAME` names."""
        from releasectl.plan.desired import environment_of

        target, _, name = deployment.partition("/")
        for release in self.repository.releases_in(environment_of(target, self.repository).name):
            if release.name == name:
                return release
        names = ", ".join(f"{target}/{one.name}" for one in self.repository.releases_in(target))
        remedy = f"name one of: {names}" if names else f"{target} has none: `releasectl release` makes one"
        raise UsageError.at(deployment, "no such release", remedy)


def data_of(platform: Platform) -> VersionedData:
    from releasectl.platforms.pachyderm import build

    return build(platform)


def serving_of(platform: Platform) -> Serving:
    from releasectl.platforms.seldon_deploy import build

    return build(platform)


def inference_of(platform: Platform) -> Inference:
    from releasectl.platforms.inference import build_inference

    return build_inference(platform)
