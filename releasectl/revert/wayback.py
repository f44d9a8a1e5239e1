"""The way back of what is about to be released, in a sentence: for the summaries of `plan` and `release`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from releasectl.errors import InvalidInput, Problem
from releasectl.githistory import GitCommit, log, require_repository, uncommitted
from releasectl.load import load
from releasectl.model import Missing
from releasectl.past import Standing, standing_at, standing_on_disk
from releasectl.render import render
from releasectl.revert import prove
from releasectl.revert.evidence import Clusters, of_releases
from releasectl.revert.remains import remains
from releasectl.revert.scratch import scratch
from releasectl.revert.values import Verdict


@dataclass(frozen=True, slots=True)
class WayBack:
    """`what` says what leads back, `to` where it leads; `problems` are what stands in the way, `remains` the
    candidates that would go on answering.
    """

    verdict: Verdict
    what: str
    to: str
    problems: tuple[Problem, ...] = ()
    remains: tuple[Problem, ...] = ()


def of_target(root: Path, environment: str, clusters: Clusters, *, now: datetime) -> WayBack:
    """For a plan: back from the last commit that released anything in `environment`."""
    folder = f"releases/{environment}"
    try:
        require_repository(root)
        if uncommitted(root, folder):
            return _to_head(root, environment, None, clusters, now)
        last = log(root, folder, first_parent=True, limit=1)
        if not last:
            return WayBack(Verdict.SAFE, "no commit has released anything here yet", "nothing serves")
        proof = prove(root, last[0].id, clusters, now=now, with_plan=False)
    except InvalidInput as error:
        return WayBack(Verdict.UNPROVEN, "it cannot be told what leads back", "", error.problems)
    moves = (f"{move.target} {_short(move.after)}" for move in proof.moves)
    what = f"reverting {_name(last[0])}"
    return WayBack(proof.verdict, what, ", ".join(moves), proof.reasons or proof.unseen, proof.remains)


def of_release(root: Path, environment: str, name: str, clusters: Clusters, *, now: datetime) -> WayBack:
    """For files that are not committed yet: back to what HEAD says of this release."""
    try:
        require_repository(root)
        return _to_head(root, environment, name, clusters, now)
    except InvalidInput as error:
        return WayBack(Verdict.UNPROVEN, "it cannot be told what leads back", "", error.problems)


def _to_head(root: Path, environment: str, name: str | None, clusters: Clusters, now: datetime) -> WayBack:
    head = log(root, limit=1)[0]
    what = f"reverting the commit that is to come, back to {_name(head)}"
    if name is not None and isinstance(standing_at(root, head.id, f"{environment}/{name}"), Missing):
        to = f"{environment}/{name} removed: it is new"
        return WayBack(Verdict.SAFE, what, to)
    with scratch(root, head.id) as copy:
        repository = load(copy.root, now=now)
        releases = [each for each in repository.releases_in(environment) if name in (None, each.name)]
        evidence = of_releases(repository, render(repository), releases, clusters, now)
    to = ", ".join(f"{environment}/{each.name} {each.model[:12]}" for each in releases) or "nothing serves"
    after = {f"{environment}/{each.name}": Standing(each.model, each.strategy) for each in releases}
    left = tuple(
        each for target in after for each in remains(target, standing_on_disk(root, target), after[target])
    )
    if evidence.reasons:
        return WayBack(Verdict.UNSAFE, what, to, evidence.reasons, left)
    verdict = Verdict.UNPROVEN if evidence.unseen else Verdict.SAFE
    return WayBack(verdict, what, to, evidence.unseen, left)


def _short(standing: object) -> str:
    model = getattr(standing, "model", None)
    return "removed" if model is None else str(model)[:12]


def _name(commit: GitCommit) -> str:
    return f"{commit.short} ({commit.subject})"
