"""LOCK-001: Model, explainer and detectors come from one commit.

An explanation of another model than the one that answered is worse than none, and a detector trained on
other data raises alarms that mean nothing. So everything that a predictor runs names the predictor's own
commit, the detectors name the commit of the model, and every artefact that runs is a folder of that commit's
lock: of its repository, branch and path, with files in it, which for a model are more than its features.

The rule stands after a demonstration in which each part was deployed on its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from releasectl.model import Json, Lock
from releasectl.policy import Case, Limit, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY

RULE = Rule(
    id="LOCK-001",
    title="Model, explainer and detectors share one commit",
    severity=Severity.CRITICAL,
    default=Strictness.DENY,
    needs=(Need.MANIFEST, Need.LOCK),
    remedy=Remedy(
        "run `releasectl render`; if it stays, the generator that writes this URI is wrong",
        before="graph: {modelUri: 's3://5d0c....master.copy_models/income'}\n"
        "explainer: {modelUri: 's3://9b1e....master.copy_models/income/explainer'}",
        after="graph: {modelUri: 's3://5d0c....master.copy_models/income'}\n"
        "explainer: {modelUri: 's3://5d0c....master.copy_models/income/explainer'}",
    ),
    authority=(COMPANY,),
    owner="platform",
    unwaivable=("production",),
)

SCHEMA = "schema.json"  # beside the model; it says what the model takes, and answers nobody


def judge(case: Case) -> Iterator[Seen]:
    locks = {lock.commit: lock for lock in case.locks}
    for predictor in case.deployment["spec"]["predictors"]:
        own = _of(locks, *_commits(predictor))
        for uri in _uris(predictor):
            yield Seen("/model", f"what the predictor {predictor['name']} reads", uri, own)
    for index, detector in enumerate(case.detectors):
        uri = detector["body"]["config"]["basic"]["storage_uri"]
        what = f"what the detector {detector['name']} reads"
        yield Seen(f"/detectors/{index}", what, uri, _of(locks, case.release.model))


def _of(locks: Mapping[str, Lock], *commits: str) -> Limit:
    own = [locks[commit] for commit in commits if commit in locks]
    return Limit(
        f"files of {' or '.join(commits) or 'a commit that it names'}",
        lambda uri: any(_holds(lock, uri) for lock in own),
    )


def _holds(lock: Lock, uri: str) -> bool:
    """Whether the lock has files right in that folder."""
    bucket, _, path = uri.removeprefix("s3://").partition("/")
    served = f"/{path}/".startswith(f"{lock.path}/") and bucket == f"{lock.commit}.{lock.branch}.{lock.repo}"
    files = (file.path.rpartition("/") for file in lock.files) if served else ()
    return any(folder == f"/{path}" and name != SCHEMA for folder, _, name in files)


def _commits(predictor: Json) -> list[str]:
    """What the containers say they serve."""
    containers = (each for spec in predictor["componentSpecs"] for each in spec["spec"]["containers"])
    return [
        variable["value"]
        for container in containers
        for variable in container.get("env", ())
        if variable["name"] == "MODEL_COMMIT_HASH"
    ]


def served(case: Case) -> Iterator[str]:
    """Every folder that anything of the release reads."""
    for predictor in case.deployment["spec"]["predictors"]:
        yield from _uris(predictor)
    for detector in case.detectors:
        yield detector["body"]["config"]["basic"]["storage_uri"]


def _uris(predictor: Json) -> Iterator[str]:
    nodes = [predictor["graph"]]
    while nodes:
        node = nodes.pop()
        if "modelUri" in node:
            yield node["modelUri"]
        nodes.extend(node.get("children", ()))
    if "explainer" in predictor:
        yield predictor["explainer"]["modelUri"]
