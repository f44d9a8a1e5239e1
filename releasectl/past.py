"""Releases and locks as they stood at a git commit, whether or not today's rules would take them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from generators.catalogue import catalogue
from releasectl import lock as locks
from releasectl import releasefile, repo
from releasectl.githistory import GitCommit, changes, content, contents, log, paths_at
from releasectl.model import CommitId, Json, Lock, Missing, Source, Strategy
from releasectl.yamlsource import parse

RELEASE: Final = re.compile(r"releases/(?P<environment>[^/]+)/(?P<name>[^/]+)\.yaml")
_COMMIT: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a release file said: which commits, by which strategy."""

    model: CommitId
    strategy: Strategy

    @property
    def commits(self) -> tuple[CommitId, ...]:
        candidate = self.strategy.candidate
        return (self.model,) if candidate is None else (self.model, candidate)


@dataclass(frozen=True, slots=True)
class Version:
    """A commit that changed a release, and what the file said from then on.

    `written_by` made the change; it is not `commit` where a merge brought it in.
    """

    commit: GitCommit
    written_by: GitCommit
    standing: Standing | Missing


def target_of(path: str) -> str | None:
    """`releases/production/income.yaml` -> `production/income`; None for any other file."""
    match = RELEASE.fullmatch(path)
    if match is None or match["environment"] == "models":
        return None
    return f"{match['environment']}/{match['name']}"


def path_of(target: str) -> str:
    """The release file of <environment>/<name>."""
    environment, _, name = target.partition("/")
    return releasefile.path_of(environment, name)


def standing_at(root: Path, commit: str, target: str) -> Standing | Missing:
    """What `target` was told to serve at `commit`."""
    return standings(root, [(commit, target)])[commit, target]


def standing_on_disk(root: Path, target: str) -> Standing | Missing:
    """What the working tree says, committed or not."""
    path = path_of(target)
    wanted = path, f"environments/{target.partition('/')[0]}/environment.yaml"
    release, environment = (
        text if isinstance(text := repo.read(root, each), bytes) else None for each in wanted
    )
    return read(release, environment, path)


def standings(root: Path, wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Standing | Missing]:
    """The same for many pairs of (commit, target) at once."""
    asked = tuple(dict.fromkeys(wanted))
    names = {
        (commit, target): (path_of(target), f"environments/{target.partition('/')[0]}/environment.yaml")
        for commit, target in asked
    }
    found = contents(root, [(commit, path) for (commit, _), pair in names.items() for path in pair])
    return {
        key: read(found.get((key[0], release)), found.get((key[0], environment)), release)
        for key, (release, environment) in names.items()
    }


def releases_at(root: Path, commit: str) -> Mapping[str, Standing | Missing]:
    """Every release of `commit` by `environment/name`."""
    targets = [target for path in paths_at(root, commit, "releases") if (target := target_of(path))]
    return {
        target: found for (_, target), found in standings(root, [(commit, one) for one in targets]).items()
    }


def versions(root: Path, target: str, revision: str = "HEAD") -> tuple[Version, ...]:
    """Every change of a release along the main line, newest first."""
    path = path_of(target)
    found = log(root, path, revision=revision, first_parent=True)
    states = standings(root, [(commit.id, target) for commit in found])
    return tuple(Version(commit, _writer(root, commit, path), states[commit.id, target]) for commit in found)


def lock_of(root: Path, commit: CommitId, revision: str = "HEAD") -> Lock | Missing:
    """The lock of a model commit, though it may be long gone from the tree."""
    path = locks.path_of(commit)
    text = content(root, revision, path)
    if text is None:
        for past in log(root, path, revision=revision):
            deleted = any(change.status == "D" for change in changes(root, _parent(past), past.id, path))
            text = content(root, f"{past.id}^" if deleted else past.id, path)
            if text is not None:
                break
    source = Missing("") if text is None else parse(path, text)
    if not isinstance(source, Source):
        return Missing(f"no commit of this history has a readable {path}")
    try:
        return locks.from_source(source)
    except (KeyError, TypeError):
        return Missing(f"{path} is no lock as this version writes it")


def read(release: bytes | None, environment: bytes | None, path: str) -> Standing | Missing:
    """A release file and the environment whose defaults it takes, as far as they can be understood."""
    if release is None:
        return Missing(f"there was no {path}")
    data = _mapping(release, path)
    model = data.get("model")
    if not isinstance(model, str) or not _COMMIT.fullmatch(model):
        return Missing(f"{path} named no model that could be read")
    defaults = _mapping(environment or b"", "environment.yaml").get("defaults")
    chosen = data.get("strategy", defaults.get("strategy") if isinstance(defaults, Mapping) else None)
    return Standing(model, strategy_of(chosen))


def strategy_of(data: Json) -> Strategy:
    """A strategy out of a file or a record; what is not understood is left out."""
    given = data if isinstance(data, Mapping) else {}
    about = catalogue().strategies.get(str(given.get("type", "direct")), {"fields": {}})["fields"]
    fields = {name: each["default"] for name, each in about.items() if "default" in each} | dict(given)
    candidate, traffic, mirror = (fields.get(name) for name in ("candidate", "traffic", "mirror"))
    return Strategy(
        type=str(fields.get("type", "direct")),
        candidate=candidate if isinstance(candidate, str) else None,
        traffic=traffic if isinstance(traffic, int) else None,
        mirror=mirror if isinstance(mirror, int) else None,
        router=fields.get("router") is True,
    )


def _mapping(text: bytes, path: str) -> Mapping[str, Json]:
    source = parse(path, text)
    return source.data if isinstance(source, Source) and isinstance(source.data, Mapping) else {}


def _writer(root: Path, commit: GitCommit, path: str) -> GitCommit:
    """Who made the change that a merge brought in."""
    if len(commit.parents) < 2:
        return commit
    merged = log(root, path, revision=f"{commit.parents[0]}..{commit.id}")
    return next((each for each in merged if len(each.parents) < 2), commit)


def _parent(commit: GitCommit) -> str | None:
    return commit.parents[0] if commit.parents else None
