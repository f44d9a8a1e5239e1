"""OPS-004: Every computed name is one that people can find.

Seldon names Deployments and Services after the release, the predictor and the container. Past 63
characters it puts a hash in their place, so that nobody finds them by name, and two predictors can come to
share a Service.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.policy import NONE, Case, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY
from releasectl.webhook import faults

RULE = Rule(
    id="OPS-004",
    title="Every computed name is one that people can find",
    severity=Severity.MEDIUM,
    default=Strictness.DENY,
    needs=(Need.MANIFEST,),
    remedy=Remedy(
        "shorten the name of the release",
        before="name: income-of-applicants-for-consumer-credit",
        after="name: income",
    ),
    authority=(COMPANY,),
    owner="platform",
)


def judge(case: Case) -> Iterator[Seen]:
    found = faults(
        case.manifest, "node-name", "container-name", "object-name", "computed-name", "service-clash"
    )
    yield Seen("/name", "names that Seldon would replace, refuse or give twice", found, NONE)
