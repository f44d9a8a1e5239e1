"""Looks for what speaks against a state: policy, revocations, and what Pachyderm no longer holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from releasectl.checked import denials, denied
from releasectl.errors import BackendUnreachable, InvalidInput, PlatformRefused, PolicyDenied, Problem
from releasectl.judge import Finding, circumstances, judge
from releasectl.model import CommitId, Missing, Release, Rendered, Repository
from releasectl.plan import PIPELINES, Plan, plan
from releasectl.plan.locks import lock_problems
from releasectl.ports import Cluster, VersionedData
from releasectl.revocation import release_problems

Clusters = Callable[[str], Cluster]  # the platform of an environment, or of `pipelines`
_REVOKED = "REVO-001"


@dataclass(frozen=True, slots=True)
class Evidence:
    """`reasons` speak against the state; `unseen` is what could not be looked at."""

    reasons: tuple[Problem, ...]
    unseen: tuple[Problem, ...]

    def with_(self, other: Evidence) -> Evidence:
        """Both, each thing once."""
        return Evidence(
            tuple(dict.fromkeys(self.reasons + other.reasons)),
            tuple(dict.fromkeys(self.unseen + other.unseen)),
        )


def of_releases(
    repository: Repository,
    rendered: Sequence[Rendered],
    releases: Sequence[Release],
    clusters: Clusters,
    now: datetime,
) -> Evidence:
    """May these releases serve, and is everything that they serve still there?"""
    revoked = [*release_problems(releases, repository.locks, repository.revoked)]
    names = {f"{release.environment}/{release.name}" for release in releases}
    given = circumstances(Path(repository.root), now)
    findings = [each for each in judge(repository, rendered, given) if each.release in names]
    others = [each for each in findings if each.rule != _REVOKED]  # it says the same as `revoked`
    hit = {problem.where.partition(":")[0] for problem in revoked}
    reasons = [*revoked, *_also([each for each in others if each.place.file in hit], revoked)]
    reasons += denials([each for each in others if each.place.file not in hit])
    unseen: list[Problem] = []
    for environment in sorted({release.environment for release in releases}):
        commits = {commit for each in releases if each.environment == environment for commit in each.commits}
        try:
            reasons += _of_models(repository, commits, clusters(environment).data)
        except (BackendUnreachable, PlatformRefused) as error:
            unseen += error.problems
    return Evidence(tuple(dict.fromkeys(reasons)), tuple(dict.fromkeys(unseen)))


def _also(findings: Sequence[Finding], revoked: Sequence[Problem]) -> Iterator[Problem]:
    """What is revoked may not serve, whatever else is to be said: that is one line below it."""
    if found := denied(findings):
        rules = ", ".join(dict.fromkeys(each.rule for each in found))
        what = f"beside that it has findings that deny: {rules}"
        yield Problem(revoked[-1].where, what, revoked[-1].remedy)


def _of_models(repository: Repository, commits: Iterable[CommitId], data: VersionedData) -> Iterator[Problem]:
    for commit in sorted(commits):
        yield from lock_problems(repository.locks[commit], data)


def plans(
    repository: Repository, rendered: Sequence[Rendered], targets: Iterable[str], clusters: Clusters
) -> tuple[Mapping[str, Plan | Missing], Evidence]:
    """What an apply of each target would do; what it would refuse is a reason."""
    found: dict[str, Plan | Missing] = {}
    reasons: list[Problem] = []
    unseen: list[Problem] = []
    for target in sorted(targets, key=lambda name: (name != PIPELINES, name)):
        try:
            found[target] = plan(target, repository, rendered, clusters(target))
        except (InvalidInput, PolicyDenied) as error:
            found[target] = Missing("an apply would be refused")
            reasons += error.problems
        except (BackendUnreachable, PlatformRefused) as error:
            found[target] = Missing(error.problems[0].what)
            unseen += error.problems
    return found, Evidence(tuple(reasons), tuple(unseen))
