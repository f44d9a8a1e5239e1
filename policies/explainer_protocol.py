"""OPS-002: The explainer runs under the protocol of the deployment.

An explainer of an unknown type is admitted and never started; under the protocol v2 its `config` is
ignored, and one without a URI has nothing to load. Explanations are then missing when somebody asks for
them.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.policy import NONE, Case, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY
from releasectl.webhook import faults

RULE = Rule(
    id="OPS-002",
    title="The explainer runs under the protocol of the deployment",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.MANIFEST,),
    remedy=Remedy(
        "choose an explainer that generators/explainers.libsonnet offers",
        before="explainer: {type: AnchorTabulr, modelUri: 's3://...'}",
        after="explainer: {type: AnchorTabular, modelUri: 's3://...'}",
    ),
    authority=(COMPANY,),
    owner="platform",
)


def judge(case: Case) -> Iterator[Seen]:
    found = faults(case.manifest, "explainer-type", "explainer-model", "explainer-config")
    yield Seen("/explainer", "faults of the explainer that Seldon would pass over", found, NONE)
