"""From what serves now back to the data it was made from."""

from __future__ import annotations

from dataclasses import dataclass

from releasectl import manifest as reader
from releasectl.ask import not_deployed
from releasectl.errors import PlatformRefused
from releasectl.model import CommitId, Environment, Missing, Upstream
from releasectl.ports import Cluster


@dataclass(frozen=True, slots=True)
class Descent:
    """One predictor: the commit it serves and everything that commit was made from, sources first."""

    predictor: str
    repo: str
    commit: CommitId
    upstreams: tuple[Upstream, ...]


@dataclass(frozen=True, slots=True)
class Lineage:
    target: str
    name: str
    namespace: str
    git_commit: str | Missing
    descents: tuple[Descent, ...]


def lineage(environment: Environment, name: str, cluster: Cluster) -> Lineage:
    """Of the live deployment, not of the file: what answers is what counts."""
    where = f"{environment.name}/{name}"
    live = cluster.serving.deployment(environment.namespace, name)
    if isinstance(live, Missing):
        raise not_deployed(environment, name)
    descents = []
    for role, predictor in reader.predictors(live.manifest).items():
        pinned = reader.parse_uri(reader.model_uri(predictor))
        if isinstance(pinned, Missing):
            remedy = "apply the environment again: releasectl pins the commit in every model URI"
            raise PlatformRefused.at(where, f"predictor {role}: {pinned.reason}", remedy)
        commit, repo, _ = pinned
        descents.append(Descent(role, repo, commit, cluster.data.lineage(repo, commit)))
    signature = reader.git_commit(live.manifest)
    return Lineage(environment.name, name, environment.namespace, signature, tuple(descents))
