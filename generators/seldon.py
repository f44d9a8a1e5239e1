"""Releases -> SeldonDeployments and detectors, by environment; their shapes are in the jsonnet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from generators.catalogue import strategy_imports
from generators.jsonnet import LIBRARY, evaluate_library
from releasectl.model import CommitId, Json, Lock, Missing, Release, Repository

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Manifests:
    """What a release becomes: its SeldonDeployment, and `{kind, name, body}` of each detector."""

    release: Release
    deployment: Json
    detectors: tuple[Json, ...]


def manifests(repository: Repository) -> Iterator[Manifests]:
    """Every release by environment and name, in one evaluation: each costs 25 ms before it begins."""
    filled = [
        (environment, sorted(found, key=lambda release: release.name))
        for environment in repository.environments.values()
        if (found := repository.releases_in(environment.name))
    ]
    if not filled:
        return
    strategies = strategy_imports({release.strategy.type for _, releases in filled for release in releases})
    text = f"""
        local strategies = {strategies};
        local environment = import 'environment.libsonnet';
        function(environments) [environment(args, strategies) for args in environments]
    """
    arguments = [
        {
            "environment": {"namespace": environment.namespace, "serving": environment.serving},
            "releases": [_release(repository, release) for release in releases],
        }
        for environment, releases in filled
    ]
    path = f"{LIBRARY}/environments.jsonnet"
    results = evaluate_library(Path(repository.root), path, text, {"environments": arguments})
    for (_, releases), made in zip(filled, results, strict=True):
        for release, result in zip(releases, made, strict=True):
            yield Manifests(release, result["deployment"], tuple(result["detectors"]))


def bucket(lock: Lock) -> str:
    """The URI that pins the commit: pachd's S3 gateway serves <commit>.<branch>.<repo>."""
    return f"s3://{lock.commit}.{lock.branch}.{lock.repo}{lock.path}"


def dataset(repository: Repository, lock: Lock) -> CommitId | Missing:
    """The commit of the training data: of the repository that a DAG trains on, else of the first source."""
    sources = [upstream for upstream in lock.lineage if upstream.pipeline is None]
    trained_on = {dag.training.repo for dag in repository.dags.values()}
    for upstream in sorted(sources, key=lambda upstream: upstream.repo not in trained_on):
        return upstream.commit
    return Missing(f"the lineage of {lock.commit} has no source data")


def _model(repository: Repository, lock: Lock) -> Mapping[str, Json]:
    commit = dataset(repository, lock)
    return {"bucket": bucket(lock), "dataset": UNKNOWN if isinstance(commit, Missing) else commit}


def _release(repository: Repository, release: Release) -> Mapping[str, Json]:
    """Its models travel with it: jsonnet searches fields one by one, so one table of all would be slow."""
    return {
        "models": {commit: _model(repository, repository.locks[commit]) for commit in release.commits},
        "name": release.name,
        "owner": release.owner,
        "model": release.model,
        "strategy": asdict(release.strategy),
        "explainer": release.explainer,
        "detectors": release.detectors,
        "replicas": release.replicas,
    }
