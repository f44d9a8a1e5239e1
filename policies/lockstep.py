"""LOCK-001: model, explainer and detectors come from one commit.

An explanation of another model than the one that answered is worse than none, and a detector trained on
other data raises alarms that mean nothing. So everything that a predictor runs names the predictor's own
commit, and the detectors name the commit of the model.

Authority: company policy, after a demonstration in which each part was deployed on its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Json
from releasectl.policy import Breach, Case, Rule, Severity, Strictness

RULE = Rule("LOCK-001", "Model, explainer and detectors share one commit", Severity.CRITICAL, Strictness.DENY)

REMEDY = "run `releasectl render`; if it stays, the generator that writes this URI is wrong"


def judge(case: Case) -> Iterator[Breach]:
    for predictor in case.deployment["spec"]["predictors"]:
        commits = _commits(predictor)
        for uri in _uris(predictor):
            if not any(f"://{commit}." in uri for commit in commits):
                message = f"the predictor {predictor['name']} serves {', '.join(commits)} and reads {uri}"
                yield Breach("/model", message, REMEDY)
    for index, detector in enumerate(case.detectors):
        uri = detector["body"]["config"]["basic"]["storage_uri"]
        if f"://{case.release.model}." not in uri:
            message = f"the detector {detector['name']} reads {uri}, the model is {case.release.model}"
            yield Breach(f"/detectors/{index}", message, REMEDY)


def _commits(predictor: Json) -> list[str]:
    """What the containers say they serve."""
    containers = (each for spec in predictor["componentSpecs"] for each in spec["spec"]["containers"])
    return [
        variable["value"]
        for container in containers
        for variable in container.get("env", ())
        if variable["name"] == "MODEL_COMMIT_HASH"
    ]


def _uris(predictor: Json) -> Iterator[str]:
    nodes = [predictor["graph"]]
    while nodes:
        node = nodes.pop()
        if "modelUri" in node:
            yield node["modelUri"]
        nodes.extend(node.get("children", ()))
    if "explainer" in predictor:
        yield predictor["explainer"]["modelUri"]
