"""OPS-001: Traffic goes where it was meant to go.

Seldon's webhook adds up the shares of the predictors and looks no further: shares of -10 and 110 make 100,
and the ingress rejects them or sends everything to one side. A shadow whose share is 0 gets a copy of
every request, and a RANDOM_ABTEST router with a second parameter splits in halves. All of it is admitted
without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.policy import NONE, Case, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY
from releasectl.webhook import faults

RULE = Rule(
    id="OPS-001",
    title="Traffic goes where it was meant to go",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.MANIFEST,),
    remedy=Remedy(
        "set `traffic` and `mirror` in the release within their ranges; the generator writes the rest",
        before="strategy: {type: canary, candidate: 9b1e..., traffic: -10}",
        after="strategy: {type: canary, candidate: 9b1e..., traffic: 10}",
    ),
    authority=(COMPANY,),
    owner="platform",
)


def judge(case: Case) -> Iterator[Seen]:
    found = faults(case.manifest, "traffic-share", "shadow-share", "abtest")
    yield Seen("/strategy", "traffic shares that Seldon would read otherwise", found, NONE)
