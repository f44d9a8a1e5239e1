"""What counts as ours where a lock says who made it: families, their pipelines, and images in any version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from releasectl.model import Dag, Source
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
    source = parse(IMAGES, images or b"")
    data = source.data if isinstance(source, Source) and isinstance(source.data, dict) else {}
    named = frozenset(repository(image) for image in data.values() if isinstance(image, str))
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


@lru_cache(maxsize=256)
def repository(image: str) -> str:
    """Of an image, without version or digest."""
    name, _, version = image.partition("@")[0].rpartition(":")
    return name if name and "/" not in version else image.partition("@")[0]
