"""What a difference in git touches: which releases have to be judged again; no other is even read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from releasectl import lock
from releasectl.ahead import Ahead
from releasectl.githistory import commit_id
from releasectl.gitrun import run
from releasectl.load import load
from releasectl.model import Repository
from releasectl.overlooked import require_seen
from releasectl.past import target_of

# A change here may change the verdict on everything: of pipelines what says whose models are ours, of an
# environment where it serves, since no two may serve in one place.
JUDGES: Final = re.compile(
    r"(releasectl|generators|policies|trainers/schemas|environments/platforms)/.*|.*\.schema\.json|"
    r"releases/revoked\.yaml|environments/[^/]+/environment\.yaml|"
    r"pipelines/(?!([^/]+/((card|training)\.yaml|rendered/.*)|.*\.md)\Z).*",
    re.DOTALL,
)
ADDED: Final = "A"  # git's word for a file that was not there
_COMPARISON: Final = re.compile(r"releases/comparisons/([^/]+)/([^/]+)/[^/]+\.yaml")
_MANIFESTS: Final = re.compile(r"environments/([^/]+)/rendered/([^/]+?)(\.detectors)?\.yaml")
_POLICY: Final = re.compile(r"environments/([^/]+)/policy\.yaml")


@dataclass(frozen=True, slots=True)
class Scope:
    """The paths of release files to judge, or `whole`; `pipelines` if a pipeline changed as well."""

    releases: frozenset[str]
    whole: bool = False
    pipelines: bool = False
    locks: frozenset[str] = frozenset()


def since(root: Path, revision: str) -> Scope:
    """What differs between a commit and the working tree, untracked files included."""
    new = Ahead(lambda: run(root, "ls-files", "--others", "--exclude-standard", "-z").stdout)
    seen = Ahead(lambda: require_seen(root))
    commit = commit_id(root, revision)
    told = run(root, "diff", "--name-status", "--no-renames", "--relative", "-z", commit).stdout
    words = told.decode(errors="replace").split("\0")
    changed = dict(zip(words[1::2], words[::2], strict=False))
    changed |= dict.fromkeys(filter(None, new.result().decode(errors="replace").split("\0")), ADDED)
    seen.result()
    return scope(root, changed)


def scope(root: Path, changed: Mapping[str, str]) -> Scope:
    """The releases that changes concern, all if one may concern any; of each path `changed` says how."""
    if any(map(JUDGES.fullmatch, changed)):
        return Scope(frozenset(), whole=True, pipelines=True)
    named = {path for path in changed if target_of(path)}
    found = {path for path in changed if path.startswith(f"{lock.FOLDER}/")}
    for path in changed:
        if match := _COMPARISON.fullmatch(path) or _MANIFESTS.fullmatch(path):
            named.add(f"releases/{match[1]}/{match[2]}.yaml")
        elif match := _POLICY.fullmatch(path):
            named |= {_relative(root, file) for file in root.glob(f"releases/{match[1]}/*.yaml")}
    # One that was there, or that no release names, may be known to the past of any: as its champion.
    naming = _naming(root, {PurePosixPath(path).stem for path in found})
    if any(changed[path] != ADDED or not naming[PurePosixPath(path).stem] for path in found):
        return Scope(frozenset(), whole=True, pipelines=True)
    named |= set().union(*naming.values())
    return Scope(
        releases=frozenset(path for path in named if (root / path).is_file()),
        pipelines=any(path.startswith("pipelines/") for path in changed),
        locks=frozenset(found),
    )


def load_scope(root: Path, found: Scope, now: datetime) -> Repository:
    """The releases of the scope with all that they need, and nothing of the others but their names."""
    names = {PurePosixPath(path).name for path in found.releases}
    commits = {f"releases/{_of(path)}/" for path in found.releases}

    def wanted(path: str) -> bool:
        if target_of(path):
            return PurePosixPath(path).name in names  # one of another environment may share the namespace
        if path.startswith("releases/comparisons/"):
            return path.replace("comparisons/", "", 1).startswith(tuple(commits))
        return path in found.locks or not path.startswith(f"{lock.FOLDER}/")

    repository = load(root, now=now, wanted=wanted)
    judged = tuple(release for release in repository.releases if release.source.file in found.releases)
    return replace(repository, releases=judged)


def _of(path: str) -> str:
    """releases/production/income.yaml -> production/income"""
    return target_of(path) or ""


def _naming(root: Path, commits: set[str]) -> Mapping[str, set[str]]:
    """By commit, the releases whose text names it."""
    found: dict[str, set[str]] = {commit: set() for commit in commits}
    pattern = re.compile("|".join(map(re.escape, sorted(commits))))
    for file in root.glob("releases/*/*.yaml") if commits else ():
        if target_of(_relative(root, file)):
            for commit in pattern.findall(file.read_text(errors="replace")):
                found[commit].add(_relative(root, file))
    return found


def _relative(root: Path, file: Path) -> str:
    return file.relative_to(root).as_posix()
