"""OPS-005: Every container says what it may use.

A container without requests and limits may starve every other one on its node, and is the first to be
evicted. So each has cpu and memory for both, that of an explainer too, and every predictor and explainer says
how many replicas it has. A limit below its request is a slip of the pen that Kubernetes finds out last: it
admits no such pod.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.policy import NONE, Case, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY
from releasectl.webhook import faults, limits

RULE = Rule(
    id="OPS-005",
    title="Every container says what it may use",
    severity=Severity.MEDIUM,
    default=Strictness.DENY,
    needs=(Need.MANIFEST,),
    remedy=Remedy(
        "set `resources` under `serving` in environment.yaml, and `replicas` in the release",
        before="model: {image: creditco/serving:1.0.0}",
        after="model:\n  image: creditco/serving:1.0.0\n  resources:\n    requests: {cpu: 500m, memory: "
        "1Gi}\n    limits: {cpu: '1', memory: 1Gi}",
    ),
    authority=(COMPANY,),
    owner="platform",
)


def judge(case: Case) -> Iterator[Seen]:
    found = faults(case.manifest, "resources")
    yield Seen("/replicas", "containers that may starve their node", found, NONE)
    below = list(limits(case.manifest))
    for part in ("model", "explainer"):
        there = [
            f"{each.field}: {each.message}"
            for each in below
            if (".explainer." in each.field) == (part == "explainer")
        ]
        place = case.environment.source.place(f"/serving/{part}/resources/limits")
        remedy = f"raise the limits under `serving.{part}.resources` in environment.yaml, or ask for less"
        yield Seen(
            "/replicas", f"limits of the {part} below its requests", there, NONE, False, remedy, place=place
        )
