"""One look at everything that should be as git says: plans, verifications, waivers, ways back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import ParamSpec

from releasectl import githistory
from releasectl.errors import BackendUnreachable, ReleaseError
from releasectl.judge import assess, circumstances, denied
from releasectl.model import Rendered, Repository
from releasectl.plan import plan, targets
from releasectl.revert.evidence import Clusters
from releasectl.revert.values import Verdict
from releasectl.revert.wayback import of_target
from releasectl.review.values import Drift, Watched
from releasectl.verify import verify
from releasectl.verify.values import Verdict as Seen

P = ParamSpec("P")
Sight = tuple[str, tuple[str, ...]]  # the state of what was looked at, and what is to be said of it
STATES = {Verdict.SAFE: "clean", Verdict.UNSAFE: "drift", Verdict.UNPROVEN: "unknown"}


def look(
    root: Path,
    repository: Repository,
    rendered: Sequence[Rendered],
    clusters: Clusters,
    *,
    now: datetime,
) -> Drift:
    """Whatever cannot be looked at is unknown, which is not clean either."""
    seen: list[Watched] = []
    for target in targets(repository):
        seen.append(_watched(f"plan {target}", _planned, target, repository, rendered, clusters))
        seen.append(_watched(f"verify {target}", _verified, target, repository, rendered, clusters))
    seen.append(_watched("policy and waivers", _judged, root, repository, rendered, now))
    for environment in repository.environments:
        if repository.releases_in(environment):
            seen.append(_watched(f"way back of {environment}", _way_back, root, environment, clusters, now))
    return Drift(githistory.commit_id(root, "HEAD"), tuple(seen))


def _watched(subject: str, see: Callable[P, Sight], *args: P.args, **kwargs: P.kwargs) -> Watched:
    """No look hides another: one that fails is told as what was seen."""
    try:
        return Watched(subject, *see(*args, **kwargs))
    except ReleaseError as error:
        state = "unknown" if isinstance(error, BackendUnreachable) else "drift"
        return Watched(subject, state, tuple(f"{each.where}: {each.what}" for each in error.problems))


def _planned(target: str, repository: Repository, rendered: Sequence[Rendered], clusters: Clusters) -> Sight:
    found = plan(target, repository, rendered, clusters(target))
    words = (f"{each.verb} {each.resource}{each.note and f': {each.note}'}" for each in found.changes)
    return "clean" if found.empty else "drift", tuple(words)


def _verified(target: str, repository: Repository, rendered: Sequence[Rendered], clusters: Clusters) -> Sight:
    found = verify(target, repository, rendered, clusters(target))
    words = tuple(
        f"{chain.subject}: {link.name}: {link.detail}"
        for chain in found.chains
        for link in chain.links
        if link.verdict is not Seen.MATCHED
    )
    contradicted = Seen.CONTRADICTED in found.verdicts
    return "drift" if contradicted else "unknown" if words else "clean", words


def _judged(root: Path, repository: Repository, rendered: Sequence[Rendered], now: datetime) -> Sight:
    """What was allowed when it was merged may not be today: a waiver expires, data are revoked."""
    found = assess(repository, rendered, circumstances(root, now))
    words = (
        *(f"{each.rule} failed on {each.release}: {each.error}" for each in found.faults),
        *(f"{each.place}: {each.what}" for each in found.notices),
    )
    refused = tuple(f"{each.release}: {each.rule}: {each.message}" for each in denied(found.findings))
    return "drift" if refused else "soon" if words else "clean", refused + words


def _way_back(root: Path, environment: str, clusters: Clusters, now: datetime) -> Sight:
    found = of_target(root, environment, clusters, now=now)
    words = (found.what, *(f"{each.where}: {each.what}" for each in found.problems))
    return STATES[found.verdict], () if found.verdict is Verdict.SAFE else words
