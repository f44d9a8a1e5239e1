"""One look at everything that should be as git says: plans, verifications, waivers, ways back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

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
        seen.append(_planned(target, repository, rendered, clusters))
        seen.append(_verified(target, repository, rendered, clusters))
    seen.append(_judged(root, repository, rendered, now))
    for environment in repository.environments:
        if repository.releases_in(environment):
            seen.append(_way_back(root, environment, clusters, now))
    return Drift(githistory.resolve(root, "HEAD").id, tuple(seen))


def _planned(
    target: str, repository: Repository, rendered: Sequence[Rendered], clusters: Clusters
) -> Watched:
    subject = f"plan {target}"
    try:
        found = plan(target, repository, rendered, clusters(target))
    except ReleaseError as error:
        return _failed(subject, error)
    words = [f"{each.verb} {each.resource}{each.note and f': {each.note}'}" for each in found.changes]
    return Watched(subject, "clean" if found.empty else "drift", tuple(words))


def _verified(
    target: str, repository: Repository, rendered: Sequence[Rendered], clusters: Clusters
) -> Watched:
    subject = f"verify {target}"
    try:
        found = verify(target, repository, rendered, clusters(target))
    except ReleaseError as error:
        return _failed(subject, error)
    words = tuple(
        f"{chain.subject}: {link.name}: {link.detail}"
        for chain in found.chains
        for link in chain.links
        if link.verdict is not Seen.MATCHED
    )
    contradicted = Seen.CONTRADICTED in found.verdicts
    return Watched(subject, "drift" if contradicted else "unknown" if words else "clean", words)


def _judged(root: Path, repository: Repository, rendered: Sequence[Rendered], now: datetime) -> Watched:
    """What was allowed when it was merged may not be today: a waiver expires, data are revoked."""
    try:
        found = assess(repository, rendered, circumstances(root, now))
    except ReleaseError as error:
        return _failed("policy and waivers", error)
    words = (
        *(f"{each.rule} failed on {each.release}: {each.error}" for each in found.faults),
        *(f"{each.place}: {each.what}" for each in found.notices),
    )
    refused = tuple(f"{each.release}: {each.rule}: {each.message}" for each in denied(found.findings))
    return Watched(
        "policy and waivers", "drift" if refused else "soon" if words else "clean", refused + words
    )


def _way_back(root: Path, environment: str, clusters: Clusters, now: datetime) -> Watched:
    subject = f"way back of {environment}"
    try:
        found = of_target(root, environment, clusters, now=now)
    except ReleaseError as error:
        return _failed(subject, error)
    words = (found.what, *(f"{each.where}: {each.what}" for each in found.problems))
    return Watched(subject, STATES[found.verdict], () if found.verdict is Verdict.SAFE else words)


def _failed(subject: str, error: ReleaseError) -> Watched:
    state = "unknown" if isinstance(error, BackendUnreachable) else "drift"
    return Watched(subject, state, tuple(f"{each.where}: {each.what}" for each in error.problems))
