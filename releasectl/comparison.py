"""A release with a candidate -> what the request log says of both sides; I/O for the pure `compare`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from releasectl.audit import Holdouts
from releasectl.begun import begun
from releasectl.compare.run import compare
from releasectl.compare.samples import Log
from releasectl.compare.thresholds import Thresholds, read_thresholds
from releasectl.compare.values import Comparison, Context
from releasectl.model import CommitId, Environment, Lock, Missing, Release
from releasectl.ports import RequestLog, VersionedData
from releasectl.requestlog import Reading, Side, endpoints, read_side

RULE = "SHAD-001"  # its parameters in the environment's policy.yaml are the limits


def compare_release(
    release: Release,
    environment: Environment,
    locks: Mapping[CommitId, Lock],
    data: VersionedData,
    log: RequestLog,
    *,
    since: datetime | None = None,
) -> Comparison | Missing:
    """Missing when the release has no candidate. A log with no pairs yet gives a comparison that says so.

    Without `since`, only what was asked in the present stage counts.
    """
    sides = endpoints(release)
    candidate = release.strategy.candidate
    if isinstance(sides, Missing) or candidate is None:
        return sides if isinstance(sides, Missing) else Missing("the release has no candidate")
    features = locks[release.model].features
    classes, label = tuple(features["label"]["classes"]), str(features["label"]["name"])
    reading = Reading(classes, label, Holdouts(data, features))
    begin = since or begun(data, release)

    def side(number: int) -> Side:
        calls = log.calls(environment.namespace, release.name, sides[number], since=begin)
        return read_side(calls, reading)

    context = Context(
        release.strategy.type, release.model, candidate, classes, thresholds(environment),
        mirror=release.strategy.mirror or 100,
    )  # fmt: skip
    return compare(Log(side(0), side(1)), context)


def thresholds(environment: Environment) -> Thresholds:
    """The limits of the environment's policy, the defaults of SHAD-001 elsewhere."""
    if environment.policy is None:
        return Thresholds()
    rule = environment.policy.data["rules"].get(RULE)
    chosen = rule.get("parameters", {}) if isinstance(rule, Mapping) else {}
    policy = environment.policy
    return read_thresholds(chosen, lambda name: policy.place(f"/rules/{RULE}/parameters/{name}"))
