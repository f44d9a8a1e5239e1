"""A model commit in Pachyderm -> its lock: lineage, file digests, feature schema, evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Set
from functools import partial
from itertools import islice

import yaml

from releasectl import formats
from releasectl import lock as locks
from releasectl.ahead import Ahead
from releasectl.errors import InvalidInput, PlatformRefused, UsageError
from releasectl.evidence import KINDS
from releasectl.model import Json, Lock, Missing, Rendered
from releasectl.ports import CommitState, VersionedData
from releasectl.wording import kind_of

REPO = "copy_models"  # where a DAG gathers what it made, unless a gathering pipeline of its own says where
SCHEMA = "schema.json"  # the features of a model
IF_THERE = "placements"  # trainers wrote none at first; a rule misses it
MEND = "mend what writes this file, then train again and release that commit"


def gathered_in(specs: Iterable[Rendered], dag: str) -> str:
    """The repository in which a DAG gathers; one commit of it holds all that serves together.

    A pipeline gathers if it reads nothing (`empty_files`) and only links what others make. One that is kept
    for what it made, and reads a branch that nobody moves, gathers no more.
    """
    folder = f"pipelines/{dag}/rendered/"
    own = (document for spec in specs if spec.path.startswith(folder) for document in spec.documents)
    found = [str(document["pipeline"]["name"]) for document in own if _links(document.get("input") or {})]
    if len(found) > 1:
        what = f"gathers in several pipelines: {', '.join(found)}"
        remedy = "gather in one, which holds all that serves; let any other read a branch that nobody moves"
        raise InvalidInput.at(f"pipelines/{dag}/dag.jsonnet", what, remedy)
    return found[0] if found else REPO


def _links(node: Json) -> bool:
    """Whether nothing of an input is downloaded, and all of it is where pipelines write."""
    members = [each for each in node.values() if isinstance(each, list)]
    if not members:
        pfs = node.get("pfs") or {}
        return bool(pfs.get("empty_files")) and (pfs.get("branch") or "master") == "master"
    return all(_links(each) for inputs in members for each in inputs)


def resolve(data: VersionedData, repo: str, reference: str) -> CommitState:
    """The finished commit that `reference` names: `latest` (the head of master), an id or how it begins, or a
    branch.

    Raises UsageError if there is none, InvalidInput if it has not finished, or failed.
    """
    where = f"{repo}@{reference}"
    if not reference:
        raise UsageError.at(where, "names no commit", "name a commit, or `latest`")
    found = data.commit(repo, "master" if reference == "latest" else reference)
    if isinstance(found, Missing):
        whole = formats.in_full(where, reference, (state.commit for state in data.commits(repo)))
        found = data.commit(repo, whole) if whole != reference else found
    if isinstance(found, Missing):
        almost = re.fullmatch("[0-9a-fA-F]{4,}", reference) and not re.fullmatch("[0-9a-f]{32}", reference)
        reason = formats.commit(reference)[0] if almost else found.reason
        if re.fullmatch("[0-9a-f]{8,31}", reference):
            reason = f"none begins with {reference}"
        raise UsageError.at(where, f"no such commit ({reason})", _newest(data, repo))
    if not found.finished:
        raise InvalidInput.at(
            f"{repo}@{found.commit}",
            "the commit is not finished: its jobs still run",
            "wait with `releasectl apply pipelines`, then repeat",
        )
    if found.error:
        raise InvalidInput.at(
            f"{repo}@{found.commit}",
            f"the commit failed: {found.error}",
            f"{_newest(data, repo)}; `releasectl plan pipelines` shows what failed",
        )
    return found


def _newest(data: VersionedData, repo: str) -> str:
    """Which commits may be named instead."""
    sound = (state.commit for state in data.commits(repo) if state.finished and not state.error)
    known = ", ".join(islice(sound, 5))
    return (
        f"name one of the newest: {known}"
        if known
        else "there is none yet: `releasectl apply pipelines` makes one"
    )


def gather(data: VersionedData, commit: CommitState, path: str) -> Lock:
    """The lock of `commit`, which serves the folder `path`; every file is read from Pachyderm now.

    Raises InvalidInput if the folder holds nothing, PlatformRefused if evidence is missing or broken.
    """
    files = data.files(commit.repo, commit.commit, path)
    where = f"{commit.repo}@{commit.commit}"
    if not files:
        raise InvalidInput.at(
            where, f"holds nothing below {path}", "name a commit of a DAG that has run on data"
        )
    features, evidence = contents(data, commit, path, {file.path for file in files})
    return locks.build(
        commit=commit.commit,
        repo=commit.repo,
        branch=commit.branch,
        path=path,
        lineage=data.lineage(commit.repo, commit.commit),
        files=files,
        features=features,
        evidence=evidence,
    )


def contents(
    data: VersionedData, commit: CommitState, path: str, there: Set[str]
) -> tuple[Json, dict[str, Json]]:
    """Features and evidence, as the commit's own files say them; `there` are the paths of its files."""
    features = Ahead(partial(document, data, commit, f"{path}/{SCHEMA}"))
    evidence = {
        name: Ahead(partial(document, data, commit, f"{path}/evidence/{file}"))
        for name, file in KINDS.items()
        if name != IF_THERE or f"{path}/evidence/{file}" in there
    }
    return features.result(), {name: begun.result() for name, begun in evidence.items()}


def document(data: VersionedData, commit: CommitState, path: str) -> Json:
    """A JSON or YAML file of the commit, parsed."""
    content = data.read(commit.repo, commit.commit, path)
    where = f"{commit.repo}@{commit.commit}:{path}"
    if isinstance(content, Missing):
        raise PlatformRefused.at(
            where, "the evidence is missing", "the DAG's trainers must write it: see trainers/README.md"
        )
    try:
        found = json.loads(content) if path.endswith(".json") else yaml.safe_load(content)
        json.dumps(found, allow_nan=False)
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise PlatformRefused.at(where, f"cannot be read: {error}", MEND) from None
    if not isinstance(found, dict):
        raise PlatformRefused.at(where, f"holds {kind_of(found)}, wanted a block of fields", MEND)
    return found
