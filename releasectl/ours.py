"""What counts as ours where a lock says who made it: families, their pipelines, and images in any version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from releasectl.errors import Problem
from releasectl.letters import printable
from releasectl.model import Dag, Environment, Json, Source
from releasectl.yamlsource import parse

IMAGES: Final = "pipelines/images.yaml"
FOLDER: Final = "pipelines/"
_RENDERED: Final = re.compile(r"pipelines/([^/]+)/rendered/([^/]+)\.yaml")


@dataclass(frozen=True, slots=True)
class Ours:
    """Of a commit: the pipelines of each family, as they lie rendered, and the repositories of images."""

    pipelines: Mapping[str, frozenset[str]]
    images: frozenset[str]


def ours(paths: Iterable[str], images: bytes | None) -> Ours:
    """From the files of a commit and its list of images; what cannot be read counts for nothing."""
    found: dict[str, set[str]] = {}
    for path in paths:
        if match := _RENDERED.fullmatch(path):
            found.setdefault(match[1], set()).add(match[2])
    listed = _fields(IMAGES, images).values()
    named = frozenset(repository(image) for image in listed if isinstance(image, str))
    return Ours({family: frozenset(names) for family, names in found.items()}, named)


def kept(dags: Mapping[str, Dag], known: Ours) -> dict[str, Dag]:
    """Without what came since: whoever releases a model does not say in the same breath that it is ours."""
    return {
        name: replace(
            dag,
            pipelines=dag.pipelines & known.pipelines[name],
            images={by: image for by, image in dag.images.items() if repository(image) in known.images},
        )
        for name, dag in dags.items()
        if name in known.pipelines
    }


def added(dags: Mapping[str, Dag], known: Ours) -> Iterator[tuple[str, str]]:
    """(file, what) for each family, pipeline and repository of images that came since."""
    for name, dag in dags.items():
        before = known.pipelines.get(name, frozenset())
        for pipeline in sorted(dag.pipelines - before):
            yield dag.jsonnet, f"the pipeline {pipeline} of the family {name}"
    images = {repository(image) for dag in dags.values() for image in dag.images.values()}
    for image in sorted(images - known.images):
        yield IMAGES, f"the image {image}"


def strangers(environments: Iterable[Environment], known: Ours, before: Iterable[bytes]) -> Iterator[Problem]:
    """Images that would serve, of a repository that neither the list nor any environment named `before`."""
    named = known.images | {repository(image) for text in before for _, image in _serving(_fields("", text))}
    for environment in environments:
        for server, image in _serving(environment.source.data):
            if repository(image) not in named:
                place = environment.source.place(f"/serving/{server}/image")
                what = f"would serve with {printable(image)}, of a repository that the base knows nothing of"
                yield Problem(str(place), what, f"name it in {IMAGES} first, in a pull request of its own")


def _serving(environment: Json) -> Iterator[tuple[str, str]]:
    serving = environment.get("serving")
    for name, server in serving.items() if isinstance(serving, dict) else ():
        if isinstance(server, dict) and isinstance(server.get("image"), str):
            yield name, server["image"]


def _fields(path: str, content: bytes | None) -> dict[str, Json]:
    source = parse(path, content or b"")
    return source.data if isinstance(source, Source) and isinstance(source.data, dict) else {}


@lru_cache(maxsize=256)
def repository(image: str) -> str:
    """Of an image, without version or digest."""
    name, _, version = image.partition("@")[0].rpartition(":")
    return name if name and "/" not in version else image.partition("@")[0]
