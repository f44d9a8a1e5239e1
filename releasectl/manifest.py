"""Reads a SeldonDeployment: whose it is, which commits it serves, how it splits the traffic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from releasectl.model import CommitId, Json, Missing
from releasectl.normalise import GIT_COMMIT, PREFIX

COMMIT_ENV = "MODEL_COMMIT_HASH"
_MANAGED_BY = ("app.kubernetes.io/managed-by", "releasectl")
_MODEL_URI = re.compile(
    r"^[a-z0-9]+://(?P<commit>[0-9a-f]{32})\.(?P<branch>[^./]+)\.(?P<repo>[^./]+)(?P<path>/.*)?$"
)


def is_ours(metadata: Mapping[str, Any] | None) -> bool:
    """Did this tool make it? Nothing else is ever changed or deleted."""
    for part in ("labels", "annotations"):
        keys = (metadata or {}).get(part) or {}
        if keys.get(_MANAGED_BY[0]) == _MANAGED_BY[1]:
            return True
        if any(key.startswith(PREFIX) and key != GIT_COMMIT for key in keys):
            return True
    return False


def predictors(manifest: Json) -> dict[str, Any]:
    """The predictors by name, in their order."""
    listed = (manifest.get("spec") or {}).get("predictors") or []
    return {str(predictor.get("name")): predictor for predictor in listed}


def commits(manifest: Json) -> dict[str, CommitId | Missing]:
    """The model commit of each predictor: what its container is told, else what its URI pins."""
    return {name: commit_of(predictor) for name, predictor in predictors(manifest).items()}


def stable_commit(manifest: Json) -> CommitId | Missing:
    """The commit of the first predictor, which by our convention is the stable one."""
    return next(iter(commits(manifest).values()), Missing("the deployment has no predictor"))


def candidate_commit(manifest: Json) -> CommitId | Missing:
    """The commit of the second predictor, which is the one on trial."""
    return next(iter([*commits(manifest).values()][1:]), Missing("no candidate is deployed"))


def git_commit(manifest: Json) -> str | Missing:
    """The git commit that was applied, by the annotation."""
    annotations = (manifest.get("metadata") or {}).get("annotations") or {}
    return annotations.get(GIT_COMMIT) or Missing("no apply has signed it")


def model_uri(predictor: Json) -> str:
    """Where the predictor's model is fetched from; "" if it does not say."""
    return str((predictor.get("graph") or {}).get("modelUri") or "")


def parse_uri(uri: str) -> tuple[CommitId, str, str] | Missing:
    """`s3://<commit>.<branch>.<repo>/<path>` as (commit, repo, path)."""
    match = _MODEL_URI.match(uri)
    if match is None:
        return Missing(f"{uri or 'an empty URI'} pins no commit")
    return match["commit"], match["repo"], (match["path"] or "/").rstrip("/")


def commit_of(predictor: Json) -> CommitId | Missing:
    """The model commit that a predictor serves, by its environment, else by its URI."""
    for name, value in _environment(predictor):
        if name == COMMIT_ENV:
            return value
    parsed = parse_uri(model_uri(predictor))
    return parsed if isinstance(parsed, Missing) else parsed[0]


def _environment(predictor: Json) -> Iterator[tuple[str, str]]:
    for component in predictor.get("componentSpecs") or []:
        for container in (component.get("spec") or {}).get("containers") or []:
            for variable in container.get("env") or []:
                yield str(variable.get("name")), str(variable.get("value", ""))
