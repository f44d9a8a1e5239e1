"""Builds the collaborators: finds the root, loads the files; the one place that picks the adapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from releasectl import repo
from releasectl.errors import InvalidInput, PolicyDenied, Problem, UsageError

if TYPE_CHECKING:
    from releasectl.ask import Asked
    from releasectl.model import Environment, Platform, Release, Rendered, Repository
    from releasectl.ports import Cluster, RequestLog
    from releasectl.sandbox.services import Service

DEFAULT_PLATFORM = "sandbox"  # where no environment says otherwise: pipelines, data, the sandbox itself


@dataclass(frozen=True)
class Workspace:
    """One run of the command line in one repository; everything is read when it is first asked for."""

    start: str | None
    platform_option: str | None = None

    @cached_property
    def root(self) -> Path:
        return repo.find_root(Path(self.start or "."))

    @cached_property
    def repository(self) -> Repository:
        from releasectl.load import load

        return load(self.root)

    @cached_property
    def environments(self) -> Mapping[str, Environment]:
        """Read without the releases, so that a broken one keeps nobody from asking about rules."""
        from releasectl.load import load

        return load(self.root, wanted=lambda path: path.startswith("environments/")).environments

    @cached_property
    def rendered(self) -> tuple[Rendered, ...]:
        from releasectl.render import render

        return render(self.repository)

    @property
    def locks(self) -> Path:
        """Where one apply per target is held; inside .git, so that no checkout ever carries it."""
        git = self.root / ".git"
        return (git if git.is_dir() else self.root / ".sandbox") / "releasectl"

    def judged(self, target: str) -> None:
        """Raise PolicyDenied with every finding that forbids a release of `target`."""
        from releasectl.judge import denied, judge

        findings = judge(self.repository, self.rendered)
        PolicyDenied.raise_if(
            Problem(str(finding.place), f"{finding.rule}: {finding.message}", finding.remedy)
            for finding in denied(findings)
            if finding.environment == target
        )

    def platform(self, target: str | None = None) -> Platform:
        """--platform, else what the environment `target` names, else the default."""
        from releasectl.singlefile import load_platform, platform_of

        name = self.platform_option
        if name is None and target is not None:
            name = platform_of(self.root, target)
        return load_platform(self.root, DEFAULT_PLATFORM if name is None else name)

    def cluster(self, target: str | None = None) -> Cluster:
        from releasectl.platforms import pachyderm
        from releasectl.platforms.inference import build_inference
        from releasectl.platforms.seldon_deploy import build as build_serving
        from releasectl.ports import Cluster

        platform = self.platform(target)
        return Cluster(pachyderm.build(platform), build_serving(platform), build_inference(platform))

    def request_log(self, target: str) -> RequestLog:
        from releasectl.platforms.request_log import build_request_log

        return build_request_log(self.platform(target))

    def dag_of(self, release: str) -> str:
        """The model family of a release: the DAG of its name, or the only one there is."""
        dags = sorted(path.parent.name for path in self.root.glob("pipelines/*/training.yaml"))
        if release in dags or len(dags) != 1:
            return release
        return dags[0]

    def training_files(self) -> dict[str, str]:
        """training.yaml by the repository that it trains on."""
        from releasectl.singlefile import read_training

        paths = sorted(self.root.glob("pipelines/*/training.yaml"))
        files = [path.relative_to(self.root).as_posix() for path in paths]
        return {read_training(self.root, file): file for file in files}

    def only_training_repo(self) -> str:
        repos = sorted(self.training_files())
        if len(repos) == 1:
            return repos[0]
        raise UsageError.at("--repo", "which repository is not clear", f"name one of: {', '.join(repos)}")

    def environment(self, name: str) -> Environment:
        from releasectl.plan.desired import environment_of

        return environment_of(name, self.repository)

    def release(self, deployment: str) -> Release:
        """The release that `TARGET/NAME` names."""
        target, _, name = deployment.partition("/")
        environment = self.environment(target)
        for release in self.repository.releases_in(environment.name):
            if release.name == name:
                return release
        names = ", ".join(f"{target}/{one.name}" for one in self.repository.releases_in(target)) or "none"
        raise UsageError.at(deployment, "no such release", f"name one of: {names}")

    def asked(self, deployment: str) -> Asked:
        """The release that `TARGET/NAME` names, with what it takes to ask what is deployed of it."""
        from releasectl.ask import Asked, answering
        from releasectl.model import Missing
        from releasectl.past import lock_of

        release = self.release(deployment)
        environment = self.environment(release.environment)
        cluster = self.cluster(environment.name)
        commit = answering(cluster.serving, environment, release)
        lock = self.repository.locks.get(commit) or lock_of(self.root, commit)
        if isinstance(lock, Missing):
            what = f"{commit} is live, and what its rows look like is not known: {lock.reason}"
            raise InvalidInput.at(
                deployment, what, f"apply what the files say: releasectl apply {environment.name}"
            )
        return Asked(release, environment, lock, cluster.inference)


def sandbox_services(start: str | None, platform: str | None) -> tuple[Service, ...]:
    """The processes of the sandbox that the platform file describes."""
    from releasectl.sandbox.services import services

    workspace = Workspace(start, platform)
    return services(workspace.platform(), workspace.root)


def sandbox_logs(start: str | None, platform: str | None, name: str | None) -> Mapping[str, Path]:
    """Log files of the sandbox by process, model servers included; `name` narrows them."""
    found = sandbox_services(start, platform)
    logs = {service.name: service.log for service in found}
    for service in found:
        folder = service.state / "logs"
        logs |= {path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.log")}
    chosen = {key: path for key, path in logs.items() if name is None or name in key}
    if not chosen:
        raise UsageError.at(name, "no log of that name", f"name one of: {', '.join(sorted(logs))}")
    return chosen
