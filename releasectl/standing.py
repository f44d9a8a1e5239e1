"""What the base finds in itself already: it forbids a release, and no change that leaves that release alone.

A waiver ends, a rule becomes stricter, the lane after a rollback closes: were every change refused for that,
the one that mends it would be, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from releasectl import lock
from releasectl.checked import denied, key
from releasectl.model import Rendered, Repository
from releasectl.policy import Finding


@dataclass(frozen=True, slots=True)
class Before:
    """The base's own files, judged by the same rules at the same time: what forbids, and what is rendered."""

    findings: Sequence[Finding]
    rendered: Sequence[Rendered]


@dataclass(frozen=True, slots=True)
class After:
    """The same of the files of a change, and the paths that it touches."""

    repository: Repository
    findings: Sequence[Finding]
    rendered: Sequence[Rendered]
    touched: Iterable[str]


def standing(after: After, before: Callable[[], Before | None]) -> tuple[Finding, ...]:
    """What forbids and the change has no part in; the base is judged only where there may be such a thing.

    No part: none of the files that make up the release is touched, its manifests are the same, and the base
    has the same finding, which forbids there as well.
    """
    concerned = _concerned(after)
    left = [finding for finding in denied(after.findings) if finding.release not in concerned]
    if not left or (base := before()) is None:
        return ()
    known = {key(finding) for finding in denied(base.findings)}
    old, new = ({file.path: file.text for file in side.rendered} for side in (base, after))
    return tuple(
        finding
        for finding in left
        if key(finding) in known
        and all(old.get(path) == new.get(path) for path in _manifests(finding.release))
    )


def _concerned(after: After) -> set[str]:
    """Releases of which a file is touched, and families of which one is; not by strictness or waivers, which
    hold once they are merged.
    """
    touched = set(after.touched)
    found = {"/".join(path.split("/")[:2]) for path in touched if path.startswith("pipelines/")}
    for path in touched:
        if path.startswith("releases/comparisons/"):
            found.add("/".join(path.split("/")[2:4]))
    for release in after.repository.releases:
        environment = after.repository.environments[release.environment]
        target = f"{release.environment}/{release.name}"
        own = {
            release.source.file,
            environment.source.file,
            f"environments/platforms/{environment.platform}.yaml",
            *map(lock.path_of, release.commits),
            *_manifests(target),
        }
        if own & touched:
            found.add(target)
    return found


def _manifests(target: str) -> tuple[str, ...]:
    environment, _, name = target.partition("/")
    base = f"environments/{environment}/rendered/{name}"
    return f"{base}.yaml", f"{base}.detectors.yaml"
