"""Picks out of all rendered files what one target should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from releasectl.errors import InvalidInput, Problem, UsageError
from releasectl.model import Environment, Json, Rendered, Repository
from releasectl.plan.environment import Desired
from releasectl.plan.pipelines import TARGET
from releasectl.ports import Detector


def targets(repository: Repository) -> tuple[str, ...]:
    """Everything that can be planned, in the order in which a change travels."""
    return (TARGET, *sorted(repository.environments, key=lambda name: (name == "production", name)))


def environment_of(target: str, repository: Repository) -> Environment:
    """The environment that `target` names; UsageError if there is none."""
    if target not in repository.environments:
        what = f"{target!r} is neither `{TARGET}` nor an environment"
        whole = target.partition("/")[0]
        remedy = f"choose one of {', '.join(targets(repository))}"
        if whole in repository.environments:
            remedy = f"name {whole}: an environment is planned, applied and verified as a whole"
        raise UsageError.at("TARGET", what, remedy)
    return repository.environments[target]


def pipeline_specs(rendered: Sequence[Rendered]) -> tuple[Json, ...]:
    """Every pipeline spec, once."""
    specs = (
        document for document in _documents(rendered) if "pipeline" in document and "transform" in document
    )
    return tuple({str(spec["pipeline"]["name"]): spec for spec in specs}.values())


def desired_releases(
    environment: Environment, repository: Repository, rendered: Sequence[Rendered]
) -> tuple[Desired, ...]:
    """The releases of `environment` with what was rendered from them."""
    own = [file for file in rendered if file.path.startswith(f"environments/{environment.name}/")]
    manifests = {
        document["metadata"]["name"]: document
        for document in _documents(own)
        if document.get("kind") == "SeldonDeployment"
    }
    detectors = [
        _detector(document) for document in _documents(own) if {"kind", "name", "body"} <= document.keys()
    ]
    releases = repository.releases_in(environment.name)
    InvalidInput.raise_if(
        Problem(
            str(release.source.place()), "nothing was rendered for this release", "run `releasectl render`"
        )
        for release in releases
        if release.name not in manifests
    )
    return tuple(
        Desired(
            release,
            manifests[release.name],
            tuple(each for each in detectors if each.name == f"{release.name}-{each.kind}"),
        )
        for release in releases
    )


def neighbours(environment: Environment, repository: Repository) -> frozenset[str]:
    """Names that other environments keep in the same namespace, on whichever platform they are today."""
    return frozenset(
        release.name
        for other in repository.environments.values()
        if other.name != environment.name and other.namespace == environment.namespace
        for release in repository.releases_in(other.name)
    )


def _documents(rendered: Sequence[Rendered]) -> Iterator[Mapping[str, Any]]:
    return (document for file in rendered for document in file.documents if isinstance(document, Mapping))


def _detector(document: Mapping[str, Any]) -> Detector:
    return Detector(document["kind"], document["name"], document["body"])
