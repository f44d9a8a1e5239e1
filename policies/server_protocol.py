"""OPS-003: The server speaks the protocol of the deployment.

Not every prepackaged server speaks every protocol, and the webhook checks only that both exist: a Triton
server under the protocol `seldon` starts and answers nothing. The same goes for a logger mode that is
none: it logs nothing, and says so to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.policy import NONE, Case, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY
from releasectl.webhook import faults

RULE = Rule(
    id="OPS-003",
    title="The server speaks the protocol of the deployment",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.MANIFEST,),
    remedy=Remedy(
        "set `protocol: v2` and an implementation that speaks it, in generators/seldon_deployment.libsonnet",
        before="protocol: seldon\ngraph: {implementation: TRITON_SERVER}",
        after="protocol: v2\ngraph: {implementation: TRITON_SERVER}",
    ),
    authority=(COMPANY,),
    owner="platform",
)


def judge(case: Case) -> Iterator[Seen]:
    found = faults(case.manifest, "server-protocol", "logger-mode-value")
    yield Seen("/model", "servers that do not speak the protocol", found, NONE)
