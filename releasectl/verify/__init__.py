"""Trusts nothing: follows every link from a file in git to an answer of the model, and says what it saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from releasectl import manifest as reader
from releasectl.model import Environment, Rendered, Repository
from releasectl.plan import PIPELINES
from releasectl.plan.desired import desired_releases, environment_of, neighbours, pipeline_specs
from releasectl.ports import Cluster
from releasectl.verify.pipelines import verify_pipelines
from releasectl.verify.release import Subject, release_links
from releasectl.verify.values import Chain, Link, Seen, Verdict, Verification, contradicted, look, matched


def verify(
    target: str, repository: Repository, rendered: Sequence[Rendered], cluster: Cluster
) -> Verification:
    """Reads and asks, never writes. A backend that does not answer makes its links unknown, not the rest."""
    if target == PIPELINES:
        chains = verify_pipelines(repository.dags, pipeline_specs(rendered), cluster.data)
    else:
        chains = _environment(environment_of(target, repository), repository, rendered, cluster)
    return Verification(target, tuple(chains))


def _environment(
    environment: Environment, repository: Repository, rendered: Sequence[Rendered], cluster: Cluster
) -> Iterator[Chain]:
    for desired in desired_releases(environment, repository, rendered):
        name = desired.release.name
        files = tuple(
            file
            for file in rendered
            if file.path.startswith(f"environments/{environment.name}/rendered/{name}.")
        )
        subject = Subject(Path(repository.root), environment, desired, files, repository.locks, cluster)
        yield Chain(f"release {environment.name}/{name}", tuple(release_links(subject)))
    yield Chain(f"namespace {environment.namespace}", (_strangers(environment, repository, cluster),))


def _strangers(environment: Environment, repository: Repository, cluster: Cluster) -> Link:
    """Nothing of ours may serve that no file asks for."""

    def check() -> Seen:
        live = cluster.serving.deployments(environment.namespace)
        wanted = {release.name for release in repository.releases_in(environment.name)}
        wanted |= neighbours(environment, repository)
        ours = {name for name, each in live.items() if reader.is_ours(each.manifest.get("metadata"))}
        if extra := sorted(ours - wanted):
            return contradicted(f"serves without a release file: {', '.join(extra)}")
        return matched("nothing of ours serves without a release file")

    return look("nothing else", check)


__all__ = ["Chain", "Link", "Verdict", "Verification", "verify"]
