"""Releases of one environment -> SeldonDeployments and detectors; their shapes are in the jsonnet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from generators.catalogue import strategy_imports
from generators.jsonnet import LIBRARY, evaluate_library
from releasectl.model import CommitId, Environment, Json, Lock, Missing, Release, Repository

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Manifests:
    """What one release becomes: its SeldonDeployment, and `{kind, name, body}` of each detector."""

    release: Release
    deployment: Json
    detectors: tuple[Json, ...]


def manifests(repository: Repository, environment: Environment) -> tuple[Manifests, ...]:
    """Every release of an environment, by name."""
    releases = sorted(repository.releases_in(environment.name), key=lambda release: release.name)
    if not releases:
        return ()
    strategies = strategy_imports({release.strategy.type for release in releases})
    text = f"function(args) (import 'environment.libsonnet')(args, {strategies})"
    arguments = {
        "environment": {"namespace": environment.namespace, "serving": environment.serving},
        "releases": [_release(repository, release) for release in releases],
    }
    results = evaluate_library(
        Path(repository.root), f"{LIBRARY}/environment.jsonnet", text, {"args": arguments}
    )
    return tuple(
        Manifests(release, result["deployment"], tuple(result["detectors"]))
        for release, result in zip(releases, results, strict=True)
    )


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
