"""From what serves now, or from a commit that once made answers, back to the data it was made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from releasectl import formats
from releasectl import lock as locks
from releasectl import manifest as reader
from releasectl.ask import not_deployed
from releasectl.errors import PlatformRefused, UsageError
from releasectl.model import CommitId, Environment, Missing, Upstream
from releasectl.past import lock_of
from releasectl.ports import Cluster, VersionedData
from releasectl.singlefile import read_lock


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


@dataclass(frozen=True, slots=True)
class Traced:
    """A commit, everything that it was made from, and who says so: a lock or Pachyderm."""

    repo: str
    commit: CommitId
    upstreams: tuple[Upstream, ...]
    source: str


def traced(
    root: Path, reference: str, data: Callable[[], VersionedData], repos: Callable[[], Iterable[str]]
) -> Traced:
    """Of a model commit, or how a known one begins: by its lock, as it is or was, else by Pachyderm.

    `repos` are those in which models are gathered; neither they nor `data` are asked for what a lock tells.
    """
    known = [path.stem for path in root.glob("releases/models/*.yaml")]
    commit = formats.in_full("COMMIT", reference, known)
    if commit in known:
        lock = read_lock(root, commit)
        return Traced(lock.repo, lock.commit, lock.lineage, locks.path_of(commit))
    past = lock_of(root, commit)
    if not isinstance(past, Missing):
        return Traced(past.repo, past.commit, past.lineage, f"{locks.path_of(commit)}, as git remembers it")
    pachyderm = data()
    for repo in repos():
        whole = formats.in_full("COMMIT", commit, (state.commit for state in pachyderm.commits(repo)))
        if not isinstance(pachyderm.commit(repo, whole), Missing):
            return Traced(repo, whole, pachyderm.lineage(repo, whole), "Pachyderm")
    what = f"no lock, and no commit of {' or '.join(repos())} in Pachyderm, is called so"
    raise UsageError.at(
        reference, what, f"what was made from data is told by `releasectl impact {reference}`"
    )
