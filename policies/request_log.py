"""LOG-001: every model logs its requests and its answers.

Nobody can say later why a person was refused, compare a candidate with the model, or see drift, if the
requests and the answers were not kept. So `logger.mode` is `all` on every node that has a model.

Authority: EU AI Act, Articles 12, 19 and 26(6), applicable to high-risk systems from 2027-12-02 (checked in
August 2026).
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Json
from releasectl.policy import Breach, Case, Rule, Severity, Strictness

RULE = Rule("LOG-001", "Requests and answers are logged", Severity.HIGH, Strictness.DENY)


def judge(case: Case) -> Iterator[Breach]:
    for predictor in case.deployment["spec"]["predictors"]:
        for node in _models(predictor["graph"]):
            mode = (node.get("logger") or {}).get("mode")
            if mode != "all":
                what = f"logs {mode}s only" if mode else "has no logger"
                message = f"the model {node['name']} of the predictor {predictor['name']} {what}"
                yield Breach("/model", message, "give the node `logger: { mode: 'all' }` in generators/")


def _models(node: Json) -> Iterator[Json]:
    if "modelUri" in node:
        yield node
    for child in node.get("children", ()):
        yield from _models(child)
