"""Judges every release by the rules in `policies/`, as strictly as its environment asks."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import policies
from releasectl.errors import InvalidInput, Problem
from releasectl.model import Environment, Json, Rendered, Repository
from releasectl.policy import Case, Finding, RuleModule, Severity, Strictness, TrainingJudge
from releasectl.schema import did_you_mean

__all__ = ["Finding", "denied", "judge", "rules", "strictness"]


@cache
def rules() -> Mapping[str, RuleModule]:
    """Every rule by its id: a module of `policies/` is all it takes to add one."""
    found: dict[str, RuleModule] = {}
    for info in sorted(pkgutil.iter_modules(policies.__path__), key=lambda info: info.name):
        module: RuleModule = importlib.import_module(f"policies.{info.name}")  # type: ignore[assignment]
        if module.RULE.id in found:
            raise ValueError(f"two modules of policies/ have the id {module.RULE.id}")
        found[module.RULE.id] = module
    return found


def judge(repository: Repository, rendered: Sequence[Rendered]) -> tuple[Finding, ...]:
    """All findings, strictest and worst first, then by place."""
    InvalidInput.raise_if(_wrong_policies(repository))
    documents = {file.path: file.documents for file in rendered}
    found = [finding for case in _cases(repository, documents) for finding in _judged(case)]
    return tuple(sorted([*found, *_trainings(repository)], key=_order))


def denied(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that refuse a release."""
    return tuple(finding for finding in findings if finding.strictness is Strictness.DENY)


def strictness(environment: Environment, rule: str) -> Strictness:
    """What policy.yaml says, else what the rule itself proposes."""
    chosen = environment.policy.data["rules"] if environment.policy else {}
    return Strictness(chosen.get(rule, rules()[rule].RULE.default))


def _judged(case: Case) -> Iterator[Finding]:
    for module in rules().values():
        rule = module.RULE
        strict = strictness(case.environment, rule.id)
        if strict is Strictness.OFF:
            continue
        for breach in module.judge(case):
            yield Finding(
                rule=rule.id,
                title=rule.title,
                severity=rule.severity,
                strictness=strict,
                place=case.release.source.place(breach.pointer),
                message=breach.message,
                remedy=breach.remedy,
                environment=case.environment.name,
                release=f"{case.environment.name}/{case.release.name}",
                pointer=breach.pointer,
            )


def _cases(repository: Repository, documents: Mapping[str, tuple[Json, ...]]) -> Iterator[Case]:
    for release in repository.releases:
        base = f"environments/{release.environment}/rendered/{release.name}"
        yield Case(
            release=release,
            environment=repository.environments[release.environment],
            locks=tuple(repository.locks[commit] for commit in release.commits),
            deployment=documents[f"{base}.yaml"][0],
            detectors=documents.get(f"{base}.detectors.yaml", ()),
            revoked=repository.revoked,
        )


def _trainings(repository: Repository) -> Iterator[Finding]:
    """What a rule has against the data that trains; it stands in no release."""
    for dag in repository.dags.values():
        for module in rules().values():
            judge_training: TrainingJudge | None = getattr(module, "judge_training", None)
            for breach in judge_training(dag, repository.revoked) if judge_training else ():
                yield Finding(
                    rule=module.RULE.id,
                    title=module.RULE.title,
                    severity=module.RULE.severity,
                    strictness=module.RULE.default,
                    place=dag.training.source.place(breach.pointer),
                    message=breach.message,
                    remedy=breach.remedy,
                    environment="pipelines",
                    release=f"pipelines/{dag.name}",
                    pointer=breach.pointer,
                )


def _wrong_policies(repository: Repository) -> Iterator[Problem]:
    for environment in repository.environments.values():
        if environment.policy is None:
            continue
        for rule, chosen in environment.policy.data["rules"].items():
            if rule not in rules():
                place = environment.policy.place(f"/rules/{rule}#")
                yield Problem(str(place), f"there is no rule `{rule}`", did_you_mean(rule, rules()))
            elif rules()[rule].RULE.fixed and chosen != rules()[rule].RULE.default:
                place = environment.policy.place(f"/rules/{rule}")
                what = f"`{rule}: {chosen}`: no environment can change how strict this rule is"
                yield Problem(str(place), what, f"write {rules()[rule].RULE.default}, or leave the line out")


_SEVERITIES = list(Severity)
_STRICTNESSES = list(Strictness)


def _order(finding: Finding) -> tuple[int, int, object, str, str]:
    return (
        -_STRICTNESSES.index(finding.strictness),
        -_SEVERITIES.index(finding.severity),
        finding.place,
        finding.rule,
        finding.message,
    )
