"""What the cluster says of a difference: what an apply would do, and what it would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from releasectl.errors import BackendUnreachable, InvalidInput, PolicyDenied, Problem, ReleaseError
from releasectl.model import Rendered, Repository
from releasectl.plan import PIPELINES, plan
from releasectl.plan.locks import lock_problems
from releasectl.ports import Cluster
from releasectl.review.values import Live

Clusters = Callable[[str], Cluster]
Said = tuple[Live, tuple[Problem, ...]]  # what to tell, and what speaks against the files


def said_by_clusters(
    repository: Repository, rendered: Sequence[Rendered], files: Sequence[str], clusters: Clusters
) -> Iterator[Said]:
    """Of every target that `files` can change."""
    for target in (PIPELINES, *repository.environments):
        if any(file.startswith(inputs(target)) for file in files):
            yield _said(target, repository, rendered, clusters)


def inputs(target: str) -> tuple[str, ...]:
    """The beginnings of the paths from which a target is made."""
    if target == PIPELINES:
        return ("pipelines/",)
    return (f"releases/{target}/", f"environments/{target}/")


def _said(target: str, repository: Repository, rendered: Sequence[Rendered], clusters: Clusters) -> Said:
    """A cluster that cannot be asked, or will not answer, says nothing against the files."""
    try:
        found = plan(target, repository, rendered, clusters(target))
    except (InvalidInput, PolicyDenied) as error:
        return Live(target, ("refused: see what is not sound",)), error.problems
    except BackendUnreachable as error:
        return Live(target, (f"unknown: {error.problems[0].what}",)), _locks(target, repository, clusters)
    except ReleaseError as error:
        words = tuple(f"refused: {each.where}: {each.what}" for each in error.problems)
        return Live(target, words), _locks(target, repository, clusters)
    words = tuple(f"{each.verb} {each.resource}{each.note and f' ({each.note})'}" for each in found.changes)
    return Live(target, words), ()


def _locks(target: str, repository: Repository, clusters: Clusters) -> tuple[Problem, ...]:
    """What Pachyderm has against the locks, though Seldon Deploy does not answer."""
    commits = {commit for each in repository.releases_in(target) for commit in each.commits}
    try:
        data = clusters(target).data
        known = [repository.locks[commit] for commit in sorted(commits & repository.locks.keys())]
        return tuple(problem for lock in known for problem in lock_problems(lock, data))
    except ReleaseError:
        return ()
