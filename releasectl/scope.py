"""What a difference in git touches: which releases have to be judged again; no other is even read."""

from __future__ import annotations

import re
from collections.abc import Iterable
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
from releasectl.past import target_of

# A change here may change the verdict on everything.
JUDGES: Final = ("releasectl/", "generators/", "policies/", "trainers/schemas/", "environments/platforms/")
_COMPARISON: Final = re.compile(r"releases/comparisons/([^/]+)/([^/]+)/[^/]+\.yaml")
_MANIFESTS: Final = re.compile(r"environments/([^/]+)/rendered/([^/]+?)(\.detectors)?\.yaml")
_ENVIRONMENT: Final = re.compile(r"environments/([^/]+)/(environment|policy)\.yaml")


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
    commit = commit_id(root, revision)
    told = run(root, "diff", "--name-only", "--no-renames", "--relative", "-z", commit).stdout
    return scope(root, (told + new.result()).decode(errors="replace").split("\0"))


def scope(root: Path, changed: Iterable[str]) -> Scope:
    """The releases that `changed` paths concern; all of them if a path may concern any."""
    paths = frozenset(filter(None, changed))
    if any(path.startswith(JUDGES) or path.endswith(".schema.json") for path in paths) or (
        "releases/revoked.yaml" in paths
    ):
        return Scope(frozenset(), whole=True, pipelines=True)
    named = {path for path in paths if target_of(path)}
    commits = {PurePosixPath(path).stem for path in paths if path.startswith(f"{lock.FOLDER}/")}
    for path in paths:
        if match := _COMPARISON.fullmatch(path) or _MANIFESTS.fullmatch(path):
            named.add(f"releases/{match[1]}/{match[2]}.yaml")
        elif match := _ENVIRONMENT.fullmatch(path):
            named |= {_relative(root, file) for file in root.glob(f"releases/{match[1]}/*.yaml")}
    named |= _naming(root, commits)
    return Scope(
        releases=frozenset(path for path in named if (root / path).is_file()),
        pipelines=any(path.startswith("pipelines/") for path in paths),
        locks=frozenset(path for path in paths if path.startswith(f"{lock.FOLDER}/")),
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


def _naming(root: Path, commits: set[str]) -> set[str]:
    """Releases whose text names one of the commits."""
    if not commits:
        return set()
    pattern = re.compile("|".join(map(re.escape, sorted(commits))))
    files = (file for file in root.glob("releases/*/*.yaml") if target_of(_relative(root, file)))
    return {_relative(root, file) for file in files if pattern.search(file.read_text(errors="replace"))}


def _relative(root: Path, file: Path) -> str:
    return file.relative_to(root).as_posix()
