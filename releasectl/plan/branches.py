"""Plans the branches that say what an environment serves, such as copy_models@production."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from releasectl import manifest as reader
from releasectl.errors import Problem
from releasectl.fields import ABSENT
from releasectl.model import CommitId, Environment, Lock, Missing, Release
from releasectl.plan.values import Change, DeleteBranch, Highlight, MoveHead, Step, Verb
from releasectl.ports import Deployment, VersionedData


@dataclass(frozen=True, slots=True)
class BranchPlan:
    """Moves by the release whose stable model a branch follows; deletions where no release is left."""

    moves: Mapping[str, tuple[Step, ...]]
    deletions: tuple[Step, ...]
    warnings: tuple[Problem, ...]


def plan_branches(
    environment: Environment,
    releases: Sequence[Release],
    locks: Mapping[CommitId, Lock],
    live: Mapping[str, Deployment],
    data: VersionedData,
) -> BranchPlan:
    """A head is moved only when it differs: even moving it to where it is starts jobs downstream."""
    branch = environment.branch
    leaders: dict[str, Release] = {}
    warnings: list[Problem] = []
    for release in releases:
        repo = locks[release.model].repo
        leader = leaders.setdefault(repo, release)
        if leader.model != release.model:
            what = (
                f"serves another commit of {repo} than {leader.name}: {repo}@{branch} follows {leader.name}"
            )
            remedy = "nothing to do; the release files say what each one serves"
            warnings.append(Problem(f"release {environment.name}/{release.name}", what, remedy))
    moves = {
        leader.name: (step,)
        for repo, leader in leaders.items()
        if (step := _move(repo, branch, leader.model, data)) is not None
    }
    # The last release of a repository may have taken its lock along: then only the live object names it.
    repos = {lock.repo for lock in locks.values()} | _served_repos(live)
    deletions = tuple(
        step
        for repo in sorted(repos - leaders.keys())
        if (step := _deletion(repo, branch, locks, data)) is not None
    )
    return BranchPlan(moves, deletions, tuple(warnings))


def _move(repo: str, branch: str, commit: CommitId, data: VersionedData) -> Step | None:
    heads = data.branches(repo)
    head = ABSENT if isinstance(heads, Missing) else heads.get(branch, ABSENT)
    if head == commit:
        return None
    verb = Verb.CREATE if isinstance(head, Missing) else Verb.MOVE
    change = Change(verb, f"branch {repo}@{branch}", (Highlight("head", head, commit),))
    return Step(MoveHead(repo, branch, commit), (change,))


def _deletion(repo: str, branch: str, locks: Mapping[CommitId, Lock], data: VersionedData) -> Step | None:
    heads = data.branches(repo)
    produced = {lock.branch for lock in locks.values() if lock.repo == repo} | {"master"}
    if isinstance(heads, Missing) or branch not in heads or branch in produced:
        return None
    highlight = Highlight("head", heads[branch], ABSENT)
    change = Change(
        Verb.DELETE, f"branch {repo}@{branch}", (highlight,), note="no release serves it any more"
    )
    return Step(DeleteBranch(repo, branch), (change,))


def _served_repos(live: Mapping[str, Deployment]) -> set[str]:
    return {
        parsed[1]
        for deployment in live.values()
        if reader.is_ours(deployment.manifest.get("metadata"))
        for predictor in reader.predictors(deployment.manifest).values()
        if not isinstance(parsed := reader.parse_uri(reader.model_uri(predictor)), Missing)
    }
