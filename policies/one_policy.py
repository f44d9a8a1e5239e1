"""OPS-007: A namespace has one policy.

A release is judged as strictly as its environment asks, and runs in the namespace that the environment
names. If two environments name the same one, whoever finds production too strict releases through the
other, and the model serves in the same place. So no environment shares its namespace with another.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.policy import NONE, Case, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY

RULE = Rule(
    id="OPS-007",
    title="A namespace has one policy",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.RELEASE,),
    remedy=Remedy(
        "give each environment a namespace of its own",
        before="# environments/staging/environment.yaml\nnamespace: creditco-production",
        after="# environments/staging/environment.yaml\nnamespace: creditco-staging",
    ),
    authority=(COMPANY,),
    owner="platform",
    unwaivable=("production", "staging"),
)


def judge(case: Case) -> Iterator[Seen]:
    own = case.environment
    others = [
        name
        for name, each in sorted(case.environments.items())
        if name != own.name and each.namespace == own.namespace
    ]
    yield Seen("/name", f"other environments with the namespace {own.namespace}", others, NONE)
