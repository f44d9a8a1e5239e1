"""LOG-001: Requests and answers are logged, all of them, for long enough.

Nobody can say later why a person was refused, compare a candidate with the model, or see drift, if the
requests and the answers were not kept. So `logger.mode` is `all` on every node that has a model, and the
environment says how long the log is kept: a creditor keeps applications for 25 months, the AI Act asks for
six.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Json, Missing
from releasectl.policy import (
    Case,
    Looser,
    Need,
    Parameter,
    Remedy,
    Rule,
    Seen,
    Severity,
    Strictness,
    at_least,
    exactly,
)
from releasectl.policy.authorities import ai_act, regulation_b

RULE = Rule(
    id="LOG-001",
    title="Requests and answers are logged",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.MANIFEST, Need.RELEASE),
    remedy=Remedy(
        "give the node `logger: { mode: 'all' }` in generators/, and say in environment.yaml that the log is "
        "kept as long as the rule asks",
        before="graph: {name: income, modelUri: 's3://...'}\n# environment.yaml: no logging",
        after="graph: {name: income, modelUri: 's3://...', logger: {mode: all}}\n"
        "# environment.yaml\nlogging: {retention_days: 760}",
    ),
    authority=(regulation_b("1002.12(b)"), ai_act("Articles 12, 19 and 26(6)")),
    owner="platform",
    parameters=(
        Parameter("retention_days", 760, "days that requests and answers are kept", Looser.DOWN, 180),
    ),
)


def judge(case: Case, *, retention_days: int) -> Iterator[Seen]:
    for predictor in case.deployment["spec"]["predictors"]:
        for node in _models(predictor["graph"]):
            mode = (node.get("logger") or {}).get("mode") or "nothing"
            what = f"what the model {node['name']} of the predictor {predictor['name']} logs"
            yield Seen("/model", what, mode, exactly("all"))
    kept = case.environment.logging.get("retention_days")
    days = Missing("environment.yaml has no logging.retention_days") if kept is None else kept
    place = case.environment.source.place("/logging/retention_days")
    remedy = (
        f"write `retention_days: {retention_days}` or more under `logging` in {place.file}, and keep the log "
        f"that long; {retention_days} is the `retention_days` of LOG-001, which policy.yaml may set"
    )
    what = "days that the log is kept"
    yield Seen("/name", what, days, at_least(retention_days), remedy=remedy, place=place)


def _models(node: Json) -> Iterator[Json]:
    if "modelUri" in node:
        yield node
    for child in node.get("children", ()):
        yield from _models(child)
