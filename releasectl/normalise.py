"""Live and desired objects in one comparable form, so that only a real difference is a difference.

Servers fill in defaults, sort lists, print int64 as text and add bookkeeping of their own. What each of
them is known to do is undone here, on both sides; everything else counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from releasectl.model import Json

PREFIX = "releasectl/"
# What apply answers for on a live object, whoever wrote it: Seldon's operator obeys seldon.io/* there.
OURS = {"labels": (PREFIX,), "annotations": (PREFIX, "seldon.io/")}
GIT_COMMIT = f"{PREFIX}git-commit"  # added by apply, never compared: a new commit alone is no change

_SERVER_FIELDS = {  # control fields of a request, and what PipelineInfo.Details says beside the spec
    "salt", "update", "reprocess", "spec_commit", "dry_run", "details_json", "determined", "tf_job",
    "created_at", "recent_error", "workers_requested", "workers_available", "unclaimed_tasks", "worker_rc",
    "reason",
}  # fmt: skip
_FREE_MAPS = {"env", "annotations", "labels", "node_selector"}  # their keys are data, not field names
_PRESENCE = {"service", "spout", "empty_dir", "emptyDir"}  # an empty message that still means something
_INTEGERS = {
    "constant", "number", "size_bytes", "per_worker", "datum_tries", "internal_port", "external_port",
    "accept_return_code", "toleration_seconds", "commits",
}  # fmt: skip
_DURATIONS = {"datum_timeout", "job_timeout"}
_MEMBERS = {"cross", "join", "group", "union"}
_DEFAULT_RESOURCES = {"cpu": 1.0, "memory": "256Mi", "disk": "1Gi"}
_PIPELINE_DEFAULTS: dict[str, Json] = {
    "output_branch": "master",
    "datum_tries": 3,
    "reprocess_spec": "until_success",
    "parallelism_spec": {"constant": 1},
}


def pipeline(spec: Json) -> dict[str, Any]:
    """A pipeline spec as pachd would store it: the defaults filled in, the members of an input sorted."""
    fields = {name: value for name, value in _snake(spec).items() if name not in _SERVER_FIELDS}
    cleaned: dict[str, Any] = _typed(fields)
    cleaned["pipeline"] = _without_default_project(cleaned.get("pipeline", {}))
    cleaned["transform"] = {"image": "ubuntu:20.04", **(cleaned.get("transform") or {})}
    if cleaned.get("input"):
        cleaned["input"] = _input(cleaned["input"])
    if cleaned.get("service") is not None:
        cleaned["service"] = {"type": "NodePort", **cleaned["service"]}
    ((cleaned.get("metadata") or {}).get("annotations") or {}).pop(GIT_COMMIT, None)
    pruned: dict[str, Any] = prune(cleaned)
    for part in ("resource_requests", "sidecar_resource_requests"):
        pruned[part] = _DEFAULT_RESOURCES | pruned.get(part, {})
    return _PIPELINE_DEFAULTS | pruned


def deployment(manifest: Json, *, known: Json = None) -> dict[str, Any]:
    """What counts of a SeldonDeployment. Labels and annotations of others (a controller, Argo CD, Seldon
    Deploy) are theirs: on a live object only those count that `known`, the desired object, names too, or
    that are `OURS`.
    """
    metadata = manifest.get("metadata", {})
    wanted = (known or manifest).get("metadata", {})
    kept = {
        part: {
            key: value
            for key, value in (metadata.get(part) or {}).items()
            if key != GIT_COMMIT and (key.startswith(ours) or key in (wanted.get(part) or {}))
        }
        for part, ours in OURS.items()
    }
    named = {"name": metadata.get("name"), "namespace": metadata.get("namespace")}
    whole: dict[str, Any] = prune({"metadata": named | kept, "spec": manifest.get("spec", {})})
    return whole


def foreign(metadata: Mapping[str, Json], part: str) -> dict[str, Json]:
    """The labels or annotations of a live object that are not `OURS`: an update leaves them as they are."""
    return {key: text for key, text in (metadata.get(part) or {}).items() if not key.startswith(OURS[part])}


def detector(body: Json, *, known: Json = None) -> Json:
    """What counts of a DetectorConfigData. Servers fill in what a request leaves out, and a detector cannot
    be updated in place, so on a live one only the fields count that `known`, the desired body, names.
    """
    pruned = prune(body)
    return pruned if known is None else _restrict(pruned, prune(known))


def prune(value: Json, name: str = "") -> Json:
    """Without the fields that a Go or protobuf server leaves out: null, "", false, 0, [] and {}.

    `replicas: 0` is kept (it stops a deployment), and so is an empty message that means "present".
    """
    if isinstance(value, Mapping):
        if name in _FREE_MAPS:
            return {key: item for key, item in value.items() if item is not None}
        fields = {key: prune(item, key) for key, item in value.items()}
        return {key: item for key, item in fields.items() if not _is_default(key, item)}
    if isinstance(value, list | tuple):
        return [prune(item, name) for item in value]
    return value


def _is_default(name: str, value: Json) -> bool:
    if value is None or value == "" or value is False or value == []:
        return True
    if value == {}:
        return name not in _PRESENCE
    return isinstance(value, int | float) and value == 0 and name != "replicas"


def _snake(value: Json, name: str = "") -> Any:
    if isinstance(value, Mapping):
        if name in _FREE_MAPS:
            return dict(value)
        pairs = ((re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower(), item) for key, item in value.items())
        return {key: _snake(item, key) for key, item in pairs}
    if isinstance(value, list | tuple):
        return [_snake(item, name) for item in value]
    return value


def _typed(value: Json, name: str = "") -> Any:
    """int64 comes back as text and a Duration as "300.500s"; a float32 has seven digits."""
    if name in _FREE_MAPS:
        return dict(value or {})
    if isinstance(value, Mapping):
        return {key: _typed(item, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_typed(item, name) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if name in _INTEGERS:
        return int(value)
    if name in _DURATIONS:
        return f"{float(str(value).removesuffix('s')):g}s"
    return float(f"{value:.6g}") if name == "cpu" and not isinstance(value, str) else value


def _input(value: dict[str, Any]) -> dict[str, Any]:
    for kind in _MEMBERS & value.keys():
        members = [_input(member) for member in value[kind] or []]
        value[kind] = sorted(members, key=_input_name)
    if pfs := value.get("pfs"):
        pfs = _without_default_project(pfs)
        pfs.pop("commit", None)
        glob = pfs.get("glob", "")
        filled = {"name": pfs.get("repo"), "branch": "master", "repo_type": "user"}
        filled |= {key: item for key, item in pfs.items() if item not in ("", None)}
        value["pfs"] = filled | ({"glob": "/" + glob.strip("/")} if glob else {})
    if cron := value.get("cron"):
        value["cron"] = {key: item for key, item in cron.items() if key != "start"}
    return value


def _input_name(value: Mapping[str, Any]) -> str:
    """pachd sorts by the name of an input; that of a nested one is the names of its members."""
    for content in value.values():
        if isinstance(content, Mapping):
            return str(content.get("name", ""))
        if isinstance(content, list):
            return "".join(_input_name(member) for member in content)
    return ""


def _without_default_project(value: Json) -> dict[str, Any]:
    """The project may be a name or a message; the default one may also be left out."""
    fields = dict(value or {})
    project = fields.pop("project", None)
    name = project.get("name") if isinstance(project, Mapping) else project
    return fields if name in (None, "", "default") else fields | {"project": name}


def _restrict(value: Json, shape: Json) -> Json:
    if isinstance(value, Mapping) and isinstance(shape, Mapping):
        return {key: _restrict(item, shape[key]) for key, item in value.items() if key in shape}
    return value
