"""Reads the input files of a repository: the kind of each, and its `Source` once its schema holds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from generators.catalogue import catalogue
from generators.schemas import ENVIRONMENT_SCHEMA, RELEASE_SCHEMA, complete
from releasectl import repo
from releasectl.errors import Problem
from releasectl.model import Source
from releasectl.schema import Checker, checker, problems, schema
from releasectl.yamlsource import parse


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of input file: where it lies, what its parts of the path mean, and its schema."""

    name: str
    path: re.Pattern[str]
    schema: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file that has passed its schema; `parts` are the named pieces of its path."""

    parts: Mapping[str, str]
    source: Source


def _kind(name: str, path: str, schema_path: str) -> Kind:
    return Kind(name, re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path.replace(".", r"\."))), schema_path)


WAIVERS = "policies/waivers.yaml"
LOCK_SCHEMA = "releases/lock.schema.json"
CARD_SCHEMA = "pipelines/card.schema.json"
COMPARISON_SCHEMA = "releases/comparison.schema.json"
COMPARISONS = "releases/comparisons/<environment>/<name>"

# The first pattern that fits decides.
KINDS: Sequence[Kind] = (
    _kind("lock", "releases/models/<commit>.yaml", LOCK_SCHEMA),
    _kind("release", "releases/<environment>/<name>.yaml", RELEASE_SCHEMA),
    _kind("revoked", "releases/revoked.yaml", "releases/revoked.schema.json"),
    _kind("platform", "environments/platforms/<platform>.yaml", "environments/platform.schema.json"),
    _kind("environment", "environments/<environment>/environment.yaml", ENVIRONMENT_SCHEMA),
    _kind("policy", "environments/<environment>/policy.yaml", "environments/policy.schema.json"),
    _kind("images", "pipelines/images.yaml", "pipelines/images.schema.json"),
    _kind("training", "pipelines/<dag>/training.yaml", "pipelines/training.schema.json"),
    _kind("card", "pipelines/<dag>/card.yaml", CARD_SCHEMA),
    _kind("comparison", f"{COMPARISONS}/<candidate>.<strategy>.yaml", COMPARISON_SCHEMA),
    _kind("comparison", f"{COMPARISONS}/<candidate>.yaml", COMPARISON_SCHEMA),  # as they were once called
    _kind("waivers", WAIVERS, "policies/waivers.schema.json"),
)
FEATURES_SCHEMA = "releases/features.schema.json"
# What a schema refers to, by the name that it gives it.
REFERRED = {
    LOCK_SCHEMA: {"features.schema.json": FEATURES_SCHEMA},
    CARD_SCHEMA: {"../trainers/schemas/card.schema.json": "trainers/schemas/card.schema.json"},
}
FOLDERS = ("releases", "environments", "pipelines")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found: every path, the sound documents by kind, and everything wrong with the others."""

    paths: frozenset[str]
    documents: Mapping[str, Sequence[Document]]
    problems: tuple[Problem, ...]

    def one(self, kind: str, **parts: str) -> Source | None:
        for document in self.documents.get(kind, ()):
            if document.parts == parts:
                return document.source
        return None


def read_all(root: Path, wanted: Callable[[str], bool] = lambda _: True) -> Reading:
    """Every input file of the tree; of those that are not wanted, only the path."""
    paths: list[str] = []
    found: list[Problem] = []
    documents: dict[str, list[Document]] = defaultdict(list)
    for folder in FOLDERS:
        listed, bad_links = repo.files(root, folder)
        paths.extend(listed)
        found.extend(bad_links)
    waivers, bad_links = repo.files(root, "policies")
    paths.extend(path for path in waivers if path == WAIVERS)  # beside it lie the rules, which are no input
    found.extend(bad_links)
    for path in paths:
        kind, parts = _classify(path)
        if kind is None:
            found.extend(_stray(path))
            continue
        if not wanted(path):
            continue
        content = repo.read(root, path)
        read = (content,) if isinstance(content, Problem) else validated(path, content, kind.schema)
        if isinstance(read, Source):
            documents[kind.name].append(Document(parts, read))
        else:
            found.extend(read)
    return Reading(frozenset(paths), documents, tuple(found))


def validated(file: str, content: bytes, schema_path: str) -> Source | tuple[Problem, ...]:
    """One file that may be outside the tree, read by the same rules."""
    source = parse(file, content, f"{PurePosixPath(schema_path).parent}/README.md")
    found = problems(source, checker_of(schema_path)) if isinstance(source, Source) else source
    if schema_path == LOCK_SCHEMA:
        found = tuple(map(_of_a_lock, found))
    return found or source


def _of_a_lock(problem: Problem) -> Problem:
    """What is advised of other files would be an edit, which the digest betrays."""
    return Problem(
        problem.where, problem.what, "write the lock anew with `releasectl release`; it is never edited"
    )


@cache
def checker_of(schema_path: str) -> Checker:
    """The compiled schema, completed with the choices that the generators offer."""
    content = schema(schema_path)
    if schema_path in (RELEASE_SCHEMA, ENVIRONMENT_SCHEMA):
        content = complete(content, catalogue())
    return checker(content, {name: schema(path) for name, path in REFERRED.get(schema_path, {}).items()})


def _classify(path: str) -> tuple[Kind | None, Mapping[str, str]]:
    for kind in KINDS:
        if match := kind.path.fullmatch(path):
            return kind, match.groupdict()
    return None, {}


def _stray(path: str) -> Iterator[Problem]:
    """A YAML file that nothing reads is most likely a release in the wrong place."""
    if path.startswith(("releases/", "environments/")) and path.endswith((".yaml", ".yml")):
        yield Problem(
            path,
            "nothing reads a file of this name in this folder",
            "a release is releases/<environment>/<name>.yaml; the README of the folder tells the rest",
        )
