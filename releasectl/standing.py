"""What the base finds in itself already: it forbids a release, and no change that leaves that release alone.

A waiver ends, a rule becomes stricter, the lane after a rollback closes: were every change refused for that,
the one that mends it would be, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from releasectl import lock
from releasectl.checked import denied, key
from releasectl.model import Rendered, Repository
from releasectl.policy import Finding, Notice


@dataclass(frozen=True, slots=True)
class Before:
    """Files of a commit, judged by the same rules at the same time: what forbids, and what is rendered."""

    findings: Sequence[Finding]
    rendered: Sequence[Rendered]


@dataclass(frozen=True, slots=True)
class After:
    """The same of the files of a change, the paths that it touches, and those where the base went on."""

    repository: Repository
    findings: Sequence[Finding]
    rendered: Sequence[Rendered]
    touched: Iterable[str]
    gone_on: Iterable[str] = ()


def standing(after: After, before: Callable[[], Before | None]) -> tuple[Finding, ...]:
    """What forbids and the change has no part in; the base is judged only where there may be such a thing.

    No part: none of the files that make up the release is touched, its manifests are the same, and the base
    has the same finding, which forbids there as well.
    """
    concerned = _concerned(after, after.touched)
    left = [finding for finding in denied(after.findings) if finding.release not in concerned]
    return _known(left, after, before)


def outdated(
    after: After, stands: Sequence[Finding], fork: Callable[[], Before | None]
) -> tuple[Finding, ...]:
    """What forbids a release as it was when the branch left the base, where it is another one since.

    The change has no part in it, neither, and a merge takes the files of the base, which are judged there.
    """
    concerned, elsewhere = (_concerned(after, paths) for paths in (after.touched, after.gone_on))
    mended = elsewhere - concerned
    left = [each for each in denied(after.findings) if each.release in mended and each not in stands]
    return _known(left, after, fork)


def told_of(past: Iterable[Finding]) -> Iterator[Notice]:
    """What is outdated, once for each release."""
    rules: dict[str, list[Finding]] = {}
    for finding in past:
        rules.setdefault(finding.release, []).append(finding)
    for release, found in rules.items():
        names = ", ".join(sorted({finding.rule for finding in found}))
        what = f"{release} is not as in the base, which went on; as it is here it would be denied by {names}"
        yield Notice(found[0].place, what, "none is needed to merge; to work on it, merge the base first")


def _known(left: Sequence[Finding], after: After, before: Callable[[], Before | None]) -> tuple[Finding, ...]:
    """Those of the findings that were there before, of the same manifests."""
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


def _concerned(after: After, paths: Iterable[str]) -> set[str]:
    """Releases of which a file is among the paths, and families of which one is; not by strictness or
    waivers, which hold once they are merged.
    """
    touched = set(paths)
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
