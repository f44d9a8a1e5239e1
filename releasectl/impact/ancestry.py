"""What a model was made from: by its lock, else by Pachyderm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from releasectl.errors import BackendUnreachable, PlatformRefused
from releasectl.gather import REPO, gathered_in
from releasectl.impact.sightings import Sighting
from releasectl.model import Lock, Missing, Repository, Upstream
from releasectl.past import lock_of
from releasectl.ports import VersionedData
from releasectl.render import specs


def ancestry(
    root: Path,
    repository: Repository,
    sighting: Sighting,
    data: Mapping[str, VersionedData],
    repos: Callable[[], Iterable[str]],
) -> tuple[Upstream, ...] | Missing:
    """By its lock, as it is or as git remembers it; else by Pachyderm, if that still knows the commit."""
    lock: Lock | Missing = repository.locks.get(sighting.model) or lock_of(root, sighting.model)
    if not isinstance(lock, Missing):
        return lock.lineage
    each = data.get(sighting.target.partition("/")[0])
    if each is None:
        return lock
    try:
        for repo in repos():
            state = each.commit(repo, sighting.model)
            if not isinstance(state, Missing) and state.commit == sighting.model:
                return each.lineage(repo, sighting.model)
    except (BackendUnreachable, PlatformRefused) as error:
        return Missing(f"{lock.reason}, and Pachyderm: {error.problems[0].what}")
    return Missing(f"{lock.reason}, and Pachyderm does not know the commit")


def gathering(repository: Repository) -> Iterable[str]:
    """Where models can have been gathered, by the DAGs of today."""
    made = specs(repository)
    return dict.fromkeys((REPO, *(gathered_in(made, dag) for dag in repository.dags)))
