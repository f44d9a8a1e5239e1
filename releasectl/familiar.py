"""Findings that say nothing new: of a model that the release named already, as its lock has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from releasectl import lock
from releasectl.githistory import uncommitted
from releasectl.model import CommitId, Missing
from releasectl.past import standings
from releasectl.policy import Finding, Strictness

Known = Mapping[str, Collection[CommitId]]


def split(findings: Sequence[Finding], known: Known) -> tuple[Sequence[Finding], Sequence[Finding]]:
    """What is to be read, and what was read before: nothing that denies, by a lock of a commit in `known`."""
    locks = {target: {lock.path_of(commit) for commit in commits} for target, commits in known.items()}
    new: list[Finding] = []
    old: list[Finding] = []
    for each in findings:
        allowed = each.strictness is not Strictness.DENY or each.waiver is not None
        read = each.evidence is not None and each.evidence.file in locks.get(each.release, ())
        (old if allowed and read else new).append(each)
    return new, old


def named_before(root: Path, targets: Collection[str]) -> Known:
    """What HEAD names, of releases whose strictness is that of HEAD too."""
    judges = ("policies", "releasectl", "generators")
    strict = {target: f"environments/{target.partition('/')[0]}/policy.yaml" for target in targets}
    changed = uncommitted(root, *judges, *sorted({*strict.values()})) if targets else ()
    if any(path.startswith(judges) for path in changed):
        return {}
    before = standings(root, [("HEAD", target) for target in targets if strict[target] not in changed])
    return {target: found.commits for (_, target), found in before.items() if not isinstance(found, Missing)}
