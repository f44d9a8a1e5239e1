"""The model lock: built from facts, written as YAML that never differs for the same facts, and read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from releasectl.errors import InvalidInput
from releasectl.model import CommitId, Json, Lock, PipelineVersion, ServedFile, Source, Upstream
from releasectl.yamlsource import parse
from releasectl.yamltext import dump_yaml

FOLDER = "releases/models"
HEADER = """\
# yaml-language-server: $schema=../lock.schema.json
# Written by `releasectl release`; do not edit: `apply` refuses a lock that differs from what Pachyderm holds.
"""


def path_of(commit: CommitId) -> str:
    """The file of a commit's lock, relative to the root."""
    return f"{FOLDER}/{commit}.yaml"


def build(
    *,
    commit: CommitId,
    repo: str,
    branch: str,
    path: str,
    lineage: tuple[Upstream, ...],
    files: tuple[ServedFile, ...],
    features: Json,
    evidence: Mapping[str, Json],
) -> Lock:
    """A lock in canonical form: files by path, evidence by name, and JSON as YAML gives it back."""
    return Lock(
        commit=commit,
        repo=repo,
        branch=branch,
        path=path,
        lineage=lineage,
        files=tuple(sorted(files, key=lambda file: file.path)),
        features=_canonical(features),
        evidence=_canonical(dict(evidence)),
    )


def digest(lock: Lock) -> str:
    """The sha256 of all a lock says, whatever the layout of its file."""
    return digest_of(_document(lock))


def digest_of(document: Mapping[str, Json]) -> str:
    """The digest of a lock file's data; its own `digest` is not part of it."""
    content = {key: value for key, value in document.items() if key != "digest"}
    return "sha256:" + hashlib.sha256(_bytes(content)).hexdigest()


def dump(lock: Lock) -> str:
    """The exact text of the lock's file."""
    document = _document(lock)
    ordered = {key: document[key] for key in ("commit", "repo", "branch", "path")}
    ordered["digest"] = digest_of(document)
    ordered |= {key: document[key] for key in ("lineage", "files", "features", "evidence")}
    return HEADER + dump_yaml(ordered)


def from_source(source: Source) -> Lock:
    """A lock out of a file that has passed its schema."""
    data = source.data
    return Lock(
        commit=data["commit"],
        repo=data["repo"],
        branch=data["branch"],
        path=data["path"],
        lineage=tuple(_upstream(upstream) for upstream in data["lineage"]),
        files=tuple(ServedFile(file["path"], file["size"], file["sha256"]) for file in data["files"]),
        features=data["features"],
        evidence=data["evidence"],
        source=source,
    )


def load(text: str, file: str = "lock") -> Lock:
    """The lock that `dump` wrote."""
    source = parse(file, text.encode("utf-8"))
    if not isinstance(source, Source):
        raise InvalidInput(*source)
    return from_source(source)


def _document(lock: Lock) -> dict[str, Json]:
    return {
        "commit": lock.commit,
        "repo": lock.repo,
        "branch": lock.branch,
        "path": lock.path,
        "lineage": [_entry(upstream) for upstream in lock.lineage],
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in lock.files],
        "features": lock.features,
        "evidence": dict(lock.evidence),
    }


def _entry(upstream: Upstream) -> dict[str, Json]:
    entry: dict[str, Json] = {"repo": upstream.repo, "branch": upstream.branch, "commit": upstream.commit}
    if (made := upstream.pipeline) is not None:
        entry["pipeline"] = {"name": made.name, "version": made.version, "image": made.image}
    return entry


def _upstream(entry: Mapping[str, Json]) -> Upstream:
    made = entry.get("pipeline")
    pipeline = None if made is None else PipelineVersion(made["name"], made["version"], made["image"])
    return Upstream(entry["repo"], entry["branch"], entry["commit"], pipeline)


def _canonical(value: Json) -> Json:
    """`value` as JSON sees it: tuples are lists, keys are sorted; a NaN is refused here, not in a reader."""
    try:
        return json.loads(_bytes(value))
    except (TypeError, ValueError) as error:  # a NaN, or a date out of a YAML file
        raise InvalidInput.at(
            "evidence", str(error), "write text, finite numbers, lists and fields only"
        ) from None


def _bytes(value: Json) -> bytes:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8")
