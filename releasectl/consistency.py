"""What no schema can say: rules between the files of a repository, each a generator of problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from generators.catalogue import catalogue
from releasectl import lock as locks
from releasectl.doors import port_problems
from releasectl.errors import Problem
from releasectl.features import differences
from releasectl.formats import FORMATS, is_release_name
from releasectl.letters import visible
from releasectl.model import Environment, Lock, Release, Repository, Source
from releasectl.reading import Reading
from releasectl.schema import did_you_mean

Check = Callable[[Repository, Reading], Iterator[Problem]]

EXPLAINED = ("canary", "abtest")  # strategies whose candidate answers, and so has an explainer of its own
RESTORE = "take the file back from git, or write it anew with `releasectl release`"


def inconsistencies(repository: Repository, reading: Reading) -> Iterator[Problem]:
    for check in CHECKS:
        yield from check(repository, reading)


def _names(repository: Repository, _: Reading) -> Iterator[Problem]:
    """A release is found by the name of its file."""
    for release in repository.releases:
        stem = PurePosixPath(release.source.file).stem
        if release.name != stem:
            rename = f"rename the file to {release.name}.yaml"
            yield _at(
                release,
                "/name",
                f"`name: {release.name}` in a file called {visible(stem)}.yaml",
                f"write `name: {stem}`, or {rename}" if is_release_name(stem) else rename,
            )


def _namespaces(repository: Repository, _: Reading) -> Iterator[Problem]:
    """A name serves once in a namespace, even if two environments share it."""
    first: dict[tuple[str, str], Release] = {}
    for release in repository.releases:
        namespace = repository.environments[release.environment].namespace
        other = first.setdefault((namespace, release.name), release)
        if other is not release:
            where = other.source.place("/name")
            yield _at(
                release,
                "/name",
                f"`{release.name}` already serves in the namespace {namespace}, from {where}",
                "give one of the two another name, or its environment another namespace",
            )


def _branches(repository: Repository, _: Reading) -> Iterator[Problem]:
    """What an environment serves has a branch of its own: who applies another, or a job, would move it."""
    used = {commit for release in repository.releases for commit in release.commits}
    made = {"master"} | {repository.locks[commit].branch for commit in used if commit in repository.locks}
    first: dict[str, Environment] = {}
    for environment in repository.environments.values():
        branch, where = environment.branch, str(environment.source.place("/branch"))
        other = first.setdefault(branch, environment)
        if branch in made:
            what = f"`{branch}` is a branch that pipelines write: moving it would cut them off"
            yield Problem(where, what, f"name a branch of its own, such as `{environment.name}`")
        elif other is not environment:
            what = f"the branch `{branch}` is already that of {other.name} ({other.source.place('/branch')})"
            yield Problem(where, what, "give each a branch of its own, such as the environment's name")


def _candidates(repository: Repository, _: Reading) -> Iterator[Problem]:
    for release in repository.releases:
        if release.strategy.candidate == release.model:
            yield _at(
                release,
                "/strategy/candidate",
                "the candidate is the model itself",
                "name another commit as candidate, or use the strategy `direct`",
            )


def _same_features(repository: Repository, _: Reading) -> Iterator[Problem]:
    """A candidate gets the requests that were made for the model."""
    for release in repository.releases:
        found = [repository.locks.get(commit) for commit in release.commits]
        locks_of = [lock for lock in found if lock is not None]
        differ = differences(*(lock.features for lock in locks_of)) if len(locks_of) == 2 else ()
        for difference in differ:
            yield _at(
                release,
                "/strategy/candidate",
                f"the candidate cannot read the requests of the model: {difference}",
                "release it under another name, or train it on the columns and categories of the model",
            )


def _canary_steps(repository: Repository, _: Reading) -> Iterator[Problem]:
    for environment in repository.environments.values():
        steps = list(environment.canary_steps)
        if steps != sorted(steps):
            yield Problem(
                str(environment.source.place("/promotion/canary_steps")),
                f"`canary_steps`: {', '.join(map(str, steps))} do not rise",
                f"write {sorted(steps)}: promotion gives a candidate more with every step",
            )


def _locks_exist(repository: Repository, reading: Reading) -> Iterator[Problem]:
    """Every commit that serves has a lock; a broken one is told at its own place."""
    for release in repository.releases:
        for pointer, commit in (
            ("/model", release.model),
            ("/strategy/candidate", release.strategy.candidate),
        ):
            if commit is None or locks.path_of(commit) in reading.paths:
                continue
            command = f"releasectl release {release.name} --env {release.environment} --commit {commit}"
            if pointer != "/model":
                command += f" --strategy {release.strategy.type}"
            what = f"the commit {commit} has no lock: {locks.path_of(commit)} is missing"
            yield _at(release, pointer, what, f"run `{command}`")


def _locks_are_whole(_: Repository, reading: Reading) -> Iterator[Problem]:
    """A lock is as the tool wrote it, under the name of its commit."""
    for document in reading.documents.get("lock", ()):
        source = document.source
        if source.data["commit"] != document.parts["commit"]:
            what = f"the lock of {source.data['commit']} in a file named after another commit"
            yield Problem(str(source.place("/commit")), what, RESTORE)
        if source.data["digest"] != locks.digest_of(source.data):
            what = "the lock was edited: its content does not have the digest that the tool wrote"
            yield Problem(str(source.place("/digest")), what, RESTORE)


def _comparisons(_: Repository, reading: Reading) -> Iterator[Problem]:
    """A comparison is of one trial only, which has no other, and its times are times."""
    first: dict[tuple[str, ...], Source] = {}
    for document in reading.documents.get("comparison", ()):
        source, parts = document.source, {"strategy": document.source.data["strategy"], **document.parts}
        trial = tuple(parts[part] for part in ("environment", "name", "candidate", "strategy"))
        other = first.setdefault(trial, source)
        if other is not source:
            what = f"the {parts['strategy']} of this candidate has a record already: {other.file}"
            yield Problem(str(source.place("/strategy")), what, "keep the later one, and remove the other")
        for key, part in (
            ("environment", "environment"), ("release", "name"), ("candidate", "candidate"),
            ("strategy", "strategy"),
        ):  # fmt: skip
            if source.data[key] != parts[part]:
                what = f"`{key}: {source.data[key]}` in a file of {parts[part]}"
                command = f"releasectl compare {parts['environment']}/{parts['name']} --record"
                remedy = (
                    f"each trial has its own: `{command}`; if the release was renamed, write its new name"
                )
                yield Problem(str(source.place(f"/{key}")), what, remedy)
        for key in ("first", "last"):
            try:
                datetime.fromisoformat(source.data[key])
            except ValueError:
                what, remedy = FORMATS["moment"](source.data[key])
                yield Problem(str(source.place(f"/{key}")), what, remedy)


def _artefacts(repository: Repository, _: Reading) -> Iterator[Problem]:
    """What a release asks to run must be among the files of its commit."""
    for release in repository.releases:
        lock = repository.locks.get(release.model)
        wanted = [("/explainer", release.explainer, catalogue().explainers[release.explainer]["folder"])]
        for index, kind in enumerate(release.detectors):
            wanted.append((f"/detectors/{index}", kind, catalogue().detectors[kind]["folder"]))
        yield from _missing_folders(release, lock, wanted)
        if release.strategy.type in EXPLAINED and not release.strategy.router:
            candidate = repository.locks.get(release.strategy.candidate or "")
            yield from _missing_folders(release, candidate, wanted[:1])


def _missing_folders(
    release: Release, lock: Lock | None, wanted: Sequence[tuple[str, str, str | None]]
) -> Iterator[Problem]:
    if lock is not None:
        for pointer, choice, folder in wanted:
            if folder is not None and not _holds(lock, folder):
                yield _at(
                    release,
                    pointer,
                    f"`{choice}` needs the folder {lock.path}/{folder}/, and commit {lock.commit} has none",
                    "release a commit that has it, or take it out of the release",
                )


def _platforms(repository: Repository, reading: Reading) -> Iterator[Problem]:
    for platform in repository.platforms.values():
        yield from port_problems(platform)
    for environment in repository.environments.values():
        path = f"environments/platforms/{environment.platform}.yaml"
        if path not in reading.paths:
            what = f"the platform `{environment.platform}` does not exist: there is no {path}"
            place = str(environment.source.place("/platform"))
            yield Problem(place, what, did_you_mean(environment.platform, repository.platforms))


def _holds(lock: Lock, folder: str) -> bool:
    prefix = f"{lock.path}/{folder}/"
    return any(file.path.startswith(prefix) for file in lock.files)


def _at(release: Release, pointer: str, what: str, remedy: str) -> Problem:
    return Problem(str(release.source.place(pointer)), what, remedy)


CHECKS: Sequence[Check] = (
    _names,
    _namespaces,
    _branches,
    _candidates,
    _same_features,
    _canary_steps,
    _locks_exist,
    _locks_are_whole,
    _comparisons,
    _artefacts,
    _platforms,
)
