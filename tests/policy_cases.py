"""A rule's fixtures: tests/cases/<rule>/<kind>.yaml say how a case differs from a release of a real model.

The evidence is that of tests/cases/evidence; paths in a fixture are JSON pointers, nothing (null) takes a
field out, and the text "null" writes null.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from releasectl.cases import Circumstances, cases
from releasectl.enforcement import enforced
from releasectl.evidence import KINDS as EVIDENCE
from releasectl.model import (
    Environment,
    Lock,
    Missing,
    Place,
    Release,
    Rendered,
    Repository,
    Revocation,
    Source,
    Strategy,
    Upstream,
)
from releasectl.policy import Finding, Notice, Stage, Waiver
from releasectl.render import render
from releasectl.revocation import traced
from releasectl.sitting import Considered, Sitting
from releasectl.waivers import waive
from tests.builder import ARTEFACTS, build, commit_id, make_lock, with_our_pipelines

ROOT = Path(__file__).parent / "cases"
KINDS = ("pass", "fail", "boundary", "waived")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MODELS = ("v1", "v2", "v3")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rule said in the case, and what is left of it after waivers."""

    considered: Considered
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]


def fixtures() -> Iterator[Path]:
    """Every fixture of every rule; the folders of other tests have names of their own."""
    return (path for path in sorted(ROOT.glob("*-[0-9][0-9][0-9]/*.yaml")))


def model(name: str) -> str:
    return commit_id(f"model of {name}")


@cache
def lock_of(name: str) -> Lock:
    """A lock with real evidence."""
    evidence = json.loads((ROOT / "evidence" / f"{name}.json").read_text(encoding="utf-8"))
    features, card = evidence.pop("features"), evidence["card"]
    lock = make_lock(
        model(name),
        dataset=card["training_data"]["commit"],
        files=(*ARTEFACTS, *(f"evidence/{file}" for file in EVIDENCE.values())),
        features=features,
        evidence=evidence,
    )
    holdout = Upstream("income_holdout", "master", card["holdout"]["commit"])
    return replace(
        lock, lineage=tuple(holdout if each.repo == holdout.repo else each for each in lock.lineage)
    )


@cache
def base(folder: Path) -> Repository:
    mini = build(folder)
    with_our_pipelines(mini)
    return mini.load()


def run(path: Path, folder: Path) -> Outcome:
    """Judge the fixture at `path` by its own rule; `folder` is an empty one for the repository around it."""
    fixture = read(path)
    repository = repository_of(fixture, base(folder))
    (case,) = cases(
        repository, documents(repository, fixture), Circumstances(NOW, lambda r: timeline(fixture, r))
    )
    rule = path.parent.name
    plan = enforced(repository.environments[fixture.get("environment", "production")])
    considered = Sitting().consider(next(each for each in plan if each.rule.id == rule), case)
    entries = [waiver(rule, fixture)] if "waiver" in fixture else []
    findings, notices = waive(considered.findings, entries, {case.environment.name: plan}, NOW, frozenset)
    return Outcome(considered, tuple(findings), notices)


def read(path: Path) -> dict[str, Any]:
    fixture: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return fixture


def repository_of(fixture: Mapping[str, Any], around: Repository) -> Repository:
    name = fixture.get("environment", "production")
    environment = replace(
        around.environments[name],
        policy=Source("policy.yaml", {"rules": {fixture["rule"]: chosen(fixture)}}, {}),
        logging=fixture.get("logging", {"retention_days": 760}),
    )
    release = release_of(fixture, next(each for each in around.releases if each.environment == name))
    locks = {model(each): lock_of(each) for each in MODELS if each not in fixture.get("gone", ())}
    for key, which in (("evidence", 0), ("candidate_evidence", 1)):
        for pointer, value in fixture.get(key, {}).items():
            commit = release.commits[which]
            locks[commit] = patched_lock(locks[commit], pointer, value)
    target = f"{name}/{release.name}"
    return replace(
        around,
        environments={name: environment} | others(fixture, around, environment),
        releases=(release,),
        locks=locks,
        revoked=traced(list(revoked(fixture)), locks.values()),
        comparisons={target: dict(records(fixture))},
    )


def revoked(fixture: Mapping[str, Any]) -> Iterator[Revocation]:
    """Models, and the training data of others."""
    commits = [model(each) for each in fixture.get("revoked", ())]
    cards = [lock_of(each).evidence["card"] for each in fixture.get("revoked_data", ())]
    for commit in (*commits, *(card["training_data"]["commit"] for card in cards)):
        yield Revocation(commit, "it was bad", "credit-risk", NOW.date(), Place("releases/revoked.yaml"))


def others(fixture: Mapping[str, Any], around: Repository, own: Environment) -> dict[str, Environment]:
    """Environments beside the case's own: with its very namespace, or one that begins alike."""
    found = {}
    for key, suffix in (("shares", ""), ("shares_prefix", "-2")):
        if key in fixture:
            other = around.environments[fixture[key]]
            found[other.name] = replace(other, namespace=own.namespace + suffix)
    return found


def chosen(fixture: Mapping[str, Any]) -> dict[str, Any]:
    return {"strictness": "deny", "parameters": fixture.get("parameters", {})}


def release_of(fixture: Mapping[str, Any], like: Release) -> Release:
    data: dict[str, Any] = {
        "name": like.name,
        "owner": like.owner,
        "model": model(fixture.get("model", "v1")),
    }
    strategy = Strategy()
    if "candidate" in fixture:
        given = {"type": "shadow", **fixture.get("strategy", {}), "candidate": model(fixture["candidate"])}
        strategy, data["strategy"] = Strategy(**{"traffic": 10, "mirror": 100, **given}), given
    source = Source(like.source.file, data | fixture.get("release", {}), {})
    explainer = fixture.get("release", {}).get("explainer", like.explainer)
    return replace(like, model=data["model"], strategy=strategy, explainer=explainer, source=source)


def patched_lock(lock: Lock, pointer: str, value: Any) -> Lock:
    content = {"features": lock.features, **lock.evidence}
    if pointer in ("/repo", "/branch", "/path"):
        return replace(lock, **{pointer[1:]: value})
    if pointer == "/files":
        return replace(lock, files=tuple(file for file in lock.files if file.path in value))
    if pointer.startswith("/lineage/"):
        index = int(pointer.split("/")[2])
        if value is None:
            return replace(lock, lineage=(*lock.lineage[:index], *lock.lineage[index + 1 :]))
        upstream = lock.lineage[index]
        assert upstream.pipeline is not None
        field = pointer.rpartition("/")[2]
        changed = replace(upstream, pipeline=replace(upstream.pipeline, **{field: value}))
        return replace(lock, lineage=(*lock.lineage[:index], changed, *lock.lineage[index + 1 :]))
    content = patched(content, pointer, value)
    features = content.pop("features")
    return replace(lock, features=features, evidence=content)


def patched(content: Any, pointer: str, value: Any) -> Any:
    """A copy with the value at `pointer` set, or taken out; lists grow by one at `-`."""
    result = copy.deepcopy(content)
    *above, last = pointer.split("/")[1:]
    parent = result
    for step in above:
        parent = parent[int(step) if isinstance(parent, list) else step]
    if isinstance(parent, list):
        if last == "-":
            parent.append(value)
        else:
            parent[int(last)] = value
    elif value is None:
        del parent[last]
    else:
        parent[last] = None if value == "null" else value
    return result


_RENDERED: dict[str, tuple[Rendered, ...]] = {}  # what is rendered depends on the release alone


def documents(repository: Repository, fixture: Mapping[str, Any]) -> tuple[Rendered, ...]:
    (release,) = repository.releases
    key = json.dumps([release.environment, release.model, release.explainer, str(release.strategy)])
    if key not in _RENDERED:
        locks = {model(each): lock_of(each) for each in MODELS}  # as they are: a case changes what it says
        _RENDERED[key] = render(replace(repository, dags={}, locks=locks))
    result = []
    for file in _RENDERED[key]:
        found = file.documents
        for kind, suffix in (("manifest", "/income.yaml"), ("detectors", "/income.detectors.yaml")):
            if file.path.endswith(suffix):
                content: Any = found[0] if kind == "manifest" else list(found)
                for pointer, value in fixture.get(kind, {}).items():
                    content = patched(content, pointer, value)
                found = (content,) if kind == "manifest" else tuple(content)
        result.append(Rendered(file.path, file.text, found))
    return tuple(result)


def timeline(fixture: Mapping[str, Any], release: Release) -> Any:
    """`history` lists earlier states, oldest first, each with the days since it began."""
    history = fixture.get("history", [])
    if isinstance(history, str):
        return Missing(history)
    stages = [
        Stage(
            NOW - timedelta(days=each["days"]),
            model(each["model"]),
            Strategy(
                each.get("type", "direct"),
                model(each["candidate"]) if "candidate" in each else None,
                each.get("traffic"),
            ),
            revision=f"{index:040x}",
        )
        for index, each in enumerate(history)
    ]
    return (*stages, Stage(NOW, release.model, release.strategy))


def records(fixture: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Source]]]:
    """Of each candidate one record for each strategy."""
    for each, given in fixture.get("comparisons", {}).items():
        found = [comparison(model(each), one) for one in (given if isinstance(given, list) else [given])]
        yield model(each), {one["strategy"]: Source("comparison.yaml", one, {}) for one in found}


def comparison(candidate: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A sound one, `first` and `last` so many days ago, with `changes` of its fields."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "evidence/comparison.yaml").read_text(encoding="utf-8"))
    moments = {key: (NOW - timedelta(days=given[key])).isoformat() for key in ("first", "last")}
    found |= {"model": model(given["model"]), "candidate": candidate, **moments}
    for pointer, value in given.get("changes", {}).items():
        found = patched(found, pointer, value)
    return found


def waiver(rule: str, fixture: Mapping[str, Any]) -> Waiver:
    given = fixture["waiver"]
    return Waiver(
        rule=rule,
        release=f"{fixture.get('environment', 'production')}/income",
        fingerprint=given["fingerprint"],
        reason="the risk was taken for a trial",
        owner="credit-ml",
        approver="model-risk",
        ticket="RISK-1",
        created=NOW.date() - timedelta(days=given.get("age", 1)),
        expires=NOW.date() + timedelta(days=given.get("left", 30)),
        place=Place("policies/waivers.yaml", 4, 5),
    )
