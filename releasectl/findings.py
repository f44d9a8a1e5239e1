"""What a rule said -> a finding: its place, its strictness, its fingerprint."""

from __future__ import annotations

import hashlib
import json

from releasectl.enforcement import Enforced
from releasectl.evidence import KINDS
from releasectl.letters import printable
from releasectl.model import Dag, Json, Missing, Place, Release
from releasectl.policy import Breach, Finding, Rule, Seen, Strictness, show
from releasectl.yamlsource import escape


def finding(enforced: Enforced, release: Release, said: Seen | Breach) -> Finding:
    """What a rule saw of a release, as the environment takes it."""
    rule, where = enforced.rule, f"{release.environment}/{release.name}"
    strict, evidence, actual, wanted, mild = enforced.strictness, None, None, "", False
    place = release.source.place(said.pointer)
    if isinstance(said, Seen):
        message, remedy = _message(said), said.remedy or rule.remedy.advice
        actual, wanted, place = said.actual, said.limit.words, said.place or place
        evidence = evidence_place(said)
        mild = said.mild and strict is Strictness.DENY
        strict = Strictness.WARN if mild else strict
        key: Json = [said.what, _normal(said.actual)]
    else:
        message, remedy, key = said.message, said.remedy, [said.message]
    return Finding(
        rule=rule.id,
        title=rule.title,
        severity=rule.severity,
        strictness=strict,
        place=place,
        message=printable(message),
        remedy=remedy,
        environment=release.environment,
        release=where,
        pointer=said.pointer,
        actual=actual,
        wanted=wanted,
        evidence=evidence,
        fingerprint=fingerprint(rule, where, said.pointer, _at(release, said.pointer), key),
        mild=mild,
    )


def fingerprint(rule: Rule, release: str, pointer: str, value: Json, said: Json) -> str:
    """The same for the same fault of the same model: 16 hex digits, for a person to copy into a waiver.

    A candidate has the fingerprints of the model that it becomes, so that a waiver lasts for its whole trial.
    """
    seat = "/model" if pointer == "/strategy/candidate" else pointer
    content = json.dumps([rule.id, release, seat, value, said], ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _message(said: Seen) -> str:
    if isinstance(said.actual, Missing):
        return f"{said.what}: unknown, because {said.actual.reason}"
    wanted = f", wanted {said.limit.words}" if said.limit.words else ""
    return f"{said.what}: {show(said.actual)}{wanted}"


def evidence_place(said: Seen) -> Place | None:
    """Where the value stands in the lock."""
    if said.lock is None or said.lock.source is None or not said.evidence:
        return None
    top = ("evidence",) if said.evidence[0] in KINDS else ()
    return said.lock.source.place("".join(f"/{escape(step)}" for step in (*top, *said.evidence)))


def _normal(actual: Json | Missing) -> Json:
    """Without the last digits, which another run of the same trainer may change."""
    if isinstance(actual, Missing):
        return "missing"
    return f"{actual:.4g}" if isinstance(actual, float) else actual


def _at(release: Release, pointer: str) -> Json:
    """The value in the release file that the pointer names; a whole list or block says nothing more."""
    value: Json = release.source.data
    for step in filter(None, pointer.split("/")):
        value = value[int(step)] if isinstance(value, list) and step.isdecimal() else value.get(step)
        if value is None:
            return None
    return value if isinstance(value, str | int) else None


def training_finding(rule: Rule, dag: Dag, breach: Breach) -> Finding:
    """A dataset that must not train, named at its line of training.yaml."""
    where = f"pipelines/{dag.name}"
    return Finding(
        rule=rule.id,
        title=rule.title,
        severity=rule.severity,
        strictness=rule.default,
        place=dag.training.source.place(breach.pointer),
        message=breach.message,
        remedy=breach.remedy,
        environment="pipelines",
        release=where,
        pointer=breach.pointer,
        fingerprint=fingerprint(rule, where, breach.pointer, None, [breach.message]),
    )
