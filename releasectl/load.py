"""Files -> model: the whole repository as values, or everything that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from generators.catalogue import catalogue
from releasectl import lock, repo
from releasectl.consistency import inconsistencies
from releasectl.errors import InvalidInput, Problem
from releasectl.model import (
    CANARY_STEPS,
    CommitId,
    Dag,
    Environment,
    Json,
    Lock,
    Platform,
    Release,
    Repository,
    Revocation,
    Source,
    Strategy,
    Training,
)
from releasectl.reading import Document, Reading, read_all
from releasectl.repo import RENDERED
from releasectl.revocation import read_revocations, traced
from releasectl.schema import did_you_mean
from releasectl.singlefile import platform_from, read_lock


def load(
    root: Path, *, now: datetime | None = None, wanted: Callable[[str], bool] | None = None
) -> Repository:
    """Everything the files say; raises one InvalidInput with every problem, in the order of the files.

    Of files that are not wanted only the locks are there: each is read when it is asked for.
    """
    reading = read_all(root, wanted) if wanted else read_all(root)
    revoked, bad_revocations = _revoked(reading, now or datetime.now(UTC))
    environments = _environments(reading)
    locks = {
        document.source.data["commit"]: lock.from_source(document.source)
        for document in reading.documents.get("lock", ())
    }
    known = locks if wanted is None else Locks(root, reading.paths, locks)
    repository = Repository(
        root=str(root),
        environments=environments,
        platforms={platform.name: platform for platform in _platforms(reading)},
        releases=tuple(_releases(reading, environments)),
        locks=known,
        dags={dag.name: dag for dag in _dags(root, reading)},
        revoked=traced(revoked, known.naming(revoked) if isinstance(known, Locks) else known.values()),
        waivers=reading.one("waivers"),
        comparisons=_comparisons(reading),
    )
    found = [
        *reading.problems,
        *bad_revocations,
        *_homeless(reading),
        *_half_dags(reading),
        *inconsistencies(repository, reading),
    ]
    InvalidInput.raise_if(sorted(set(found), key=_order))
    return repository


class Locks(Mapping[CommitId, Lock]):
    """The locks of a tree, each read at its first use."""

    def __init__(self, root: Path, paths: Collection[str], known: Mapping[CommitId, Lock]) -> None:
        self._root, self._known = root, dict(known)
        prefix = f"{lock.FOLDER}/"
        self._commits = {path[len(prefix) : -len(".yaml")] for path in paths if path.startswith(prefix)}

    def __getitem__(self, commit: CommitId) -> Lock:
        if commit not in self._known:
            if commit not in self._commits:
                raise KeyError(commit)
            self._known[commit] = read_lock(self._root, commit)
        return self._known[commit]

    def naming(self, revoked: Sequence[Revocation]) -> Iterator[Lock]:
        """Those whose text names one of them: no other is read for their sake. A broken one tells nothing."""
        commits = [each.commit.encode() for each in revoked]
        for commit in self if commits else ():
            text = repo.read(self._root, lock.path_of(commit))
            if isinstance(text, bytes) and any(each in text for each in commits):
                with suppress(InvalidInput):
                    yield self[commit]

    def __contains__(self, commit: object) -> bool:
        return commit in self._commits

    def __iter__(self) -> Iterator[CommitId]:
        return iter(sorted(self._commits))

    def __len__(self) -> int:
        return len(self._commits)


def release_from(source: Source, environment: Environment) -> Release:
    """A release file that has passed its schema, with the defaults of its environment applied."""
    data: Mapping[str, Json] = {"strategy": {"type": "direct"}, **environment.defaults, **source.data}
    return Release(
        name=data["name"],
        environment=environment.name,
        owner=data["owner"],
        model=data["model"],
        strategy=_strategy(data["strategy"]),
        explainer=data["explainer"],
        detectors=tuple(data["detectors"]),
        replicas=data["replicas"],
        source=source,
    )


def _strategy(data: Mapping[str, Json]) -> Strategy:
    """The strategy with the defaults that its own jsonnet file gives."""
    fields = catalogue().strategies[data["type"]]["fields"]
    defaults = {name: about["default"] for name, about in fields.items() if "default" in about}
    return Strategy(**{**defaults, **data})


def _environments(reading: Reading) -> dict[str, Environment]:
    result = {}
    for document in reading.documents.get("environment", ()):
        name, data = document.parts["environment"], document.source.data
        result[name] = Environment(
            name=name,
            namespace=data["namespace"],
            platform=data["platform"],
            branch=data["branch"],
            defaults=data["defaults"],
            serving=data["serving"],
            source=document.source,
            policy=reading.one("policy", environment=name),
            canary_steps=tuple(data.get("promotion", {}).get("canary_steps", CANARY_STEPS)),
            logging=data.get("logging", {}),
        )
    return result


def _platforms(reading: Reading) -> Iterator[Platform]:
    for document in reading.documents.get("platform", ()):
        yield platform_from(document.parts["platform"], document.source)


def _releases(reading: Reading, environments: Mapping[str, Environment]) -> Iterator[Release]:
    for document in reading.documents.get("release", ()):
        environment = environments.get(document.parts["environment"])
        if environment is not None:
            yield release_from(document.source, environment)


def _revoked(reading: Reading, now: datetime) -> tuple[tuple[Revocation, ...], tuple[Problem, ...]]:
    """Where there is no file, nothing is revoked; one that is broken is told at its own place."""
    source = reading.one("revoked")
    return read_revocations(source, now) if source else ((), ())


def _comparisons(reading: Reading) -> dict[str, dict[CommitId, dict[str, Source]]]:
    """What the trials of candidates have shown, by release and strategy."""
    found: dict[str, dict[CommitId, dict[str, Source]]] = {}
    for document in reading.documents.get("comparison", ()):
        parts, source = document.parts, document.source
        candidates = found.setdefault(f"{parts['environment']}/{parts['name']}", {})
        candidates.setdefault(parts["candidate"], {})[source.data["strategy"]] = source
    return found


def _dags(root: Path, reading: Reading) -> Iterator[Dag]:
    images = reading.one("images")
    for document in reading.documents.get("training", ()):
        name, data = document.parts["dag"], document.source.data
        yield Dag(
            name=name,
            jsonnet=_jsonnet(name),
            training=Training(data["repo"], data["branch"], data["commit"], document.source),
            images=images.data if images else {},
            pipelines=frozenset(file.stem for file in root.glob(f"pipelines/{name}/{RENDERED}/*.yaml")),
        )


def _homeless(reading: Reading) -> Iterator[Problem]:
    """Releases in a folder that is no environment; one whose environment.yaml is broken is told there."""
    known = {path.split("/")[1] for path in reading.paths if path.endswith("/environment.yaml")}
    documents: list[Document] = list(reading.documents.get("release", ()))
    for document in documents:
        name = document.parts["environment"]
        if name not in known:
            yield Problem(
                str(document.source.place()),
                f"the environment `{name}` does not exist: there is no environments/{name}/environment.yaml",
                did_you_mean(name, known),
            )


def _half_dags(reading: Reading) -> Iterator[Problem]:
    folders = {
        path.split("/")[1] for path in reading.paths if path.startswith("pipelines/") and path.count("/") > 1
    }
    for name in sorted(folders):
        training, jsonnet = f"pipelines/{name}/training.yaml", _jsonnet(name)
        if training in reading.paths and jsonnet not in reading.paths:
            yield Problem(
                training, f"there is no {jsonnet} beside it", "add the pipelines, or remove the folder"
            )
        if jsonnet in reading.paths and training not in reading.paths:
            yield Problem(
                jsonnet, f"there is no {training} beside it", "add it: repo, branch and commit that train"
            )


def _jsonnet(dag: str) -> str:
    return f"pipelines/{dag}/dag.jsonnet"


def _order(problem: Problem) -> tuple[str, int, int, str]:
    """By file, then line, then column; a place without them comes first."""
    file, *position = problem.where.split(":")
    line, column = (int(part) if part.isdecimal() else 0 for part in (*position, "", "")[:2])
    return file, line, column, problem.what
