"""Judges every release by the rules in `policies/`, as strictly as its environment asks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from releasectl.cases import Circumstances, cases, with_memory
from releasectl.checked import Checked, denied, failed
from releasectl.enforcement import described, enforced, strictness, wrong_policies
from releasectl.errors import InvalidInput, RuleFailed
from releasectl.findings import training_finding
from releasectl.model import Missing, Rendered, Repository
from releasectl.oldlocks import remembered
from releasectl.policy import (
    SEVERITIES,
    STRICTNESSES,
    Fault,
    Finding,
    Notice,
    TrainingJudge,
)
from releasectl.renewals import grants
from releasectl.rollbacklane import notices as about_to_deny
from releasectl.rulebook import book, cause, rules
from releasectl.sitting import Sitting
from releasectl.timeline import FOLDER as RELEASES
from releasectl.timeline import History, succession
from releasectl.uncertain import uncertain
from releasectl.waivers import waive, waivers, wrong_waivers

__all__ = [
    "Finding",
    "Judgement",
    "assess",
    "checked",
    "circumstances",
    "denied",
    "judge",
    "rules",
    "settled",
    "strictness",
]


@dataclass(frozen=True, slots=True)
class Judgement:
    """All findings, strictest and worst first; rules that failed; what is to be said of waivers."""

    findings: tuple[Finding, ...]
    faults: tuple[Fault, ...]
    notices: tuple[Notice, ...]


def circumstances(
    root: Path,
    now: datetime | None = None,
    revision: str = "HEAD",
    paths: tuple[str, ...] = (RELEASES,),
    rewritten: Iterable[str] = (),
) -> Circumstances:
    """Of a working tree: now, and its history; of `paths` alone where only they count.

    `rewritten`: files of it that are judged as they are to be.
    """
    moment = now or datetime.now(UTC)
    history = History(root, revision, paths, moment, rewritten=frozenset(rewritten))
    history.begin()
    memory = partial(remembered, root, revision)
    return Circumstances(moment, history.timeline, grants(root, revision), remembered=memory)


def judge(
    repository: Repository, rendered: Sequence[Rendered], given: Circumstances | None = None
) -> tuple[Finding, ...]:
    """All findings; a rule that failed is an error, since nobody knows what it would have found."""
    judgement = assess(repository, rendered, given or circumstances(Path(repository.root)))
    RuleFailed.raise_if(failed(judgement.faults))
    return judgement.findings


def assess(
    repository: Repository,
    rendered: Sequence[Rendered],
    given: Circumstances,
    *,
    partly: bool = False,
    by_another: bool = False,
) -> Judgement:
    """Raises InvalidInput for a policy.yaml or a waiver that is no such thing.

    `partly`: these are not all releases there are, so a waiver that matches nothing may match elsewhere.
    `by_another`: the waivers are of another commit, and may be for an environment that only that one has.
    """
    names = None if by_another else repository.environments
    waivers_of_nothing = wrong_waivers(repository, rules(), names, all_loaded=not book().faults)
    InvalidInput.raise_if([*wrong_policies(repository.environments), *waivers_of_nothing])
    repository = with_memory(repository, given)
    findings, faults = _trainings(repository)
    plans = {environment.name: enforced(environment) for environment in repository.environments.values()}
    successions: list[Notice] = []
    sitting = Sitting()
    for case in cases(repository, rendered, given):
        successions.extend(succession(case))
        for rule in plans[case.environment.name]:
            considered = sitting.consider(rule, case)
            findings.extend(considered.findings)
            if considered.fault is not None:
                faults.append(considered.fault)
    waived, notices = settled(repository, findings, given, partly=partly)
    strangers = () if partly else uncertain(repository)
    return Judgement(waived, tuple(faults), (*successions, *notices, *strangers))


def checked(repository: Repository, judgement: Judgement) -> Checked:
    """A judgement with what a report takes to tell it."""
    return Checked(
        releases=tuple(f"{release.environment}/{release.name}" for release in repository.releases),
        findings=judgement.findings,
        faults=judgement.faults,
        notices=judgement.notices,
        rules=described(repository.environments.values()),
    )


def settled(
    repository: Repository, findings: Sequence[Finding], given: Circumstances, *, partly: bool = False
) -> tuple[tuple[Finding, ...], tuple[Notice, ...]]:
    """Findings in order, with the waivers that hold, and what is to be said of waivers."""
    judged = {f"{release.environment}/{release.name}" for release in repository.releases}
    waived, notices = waive(
        findings,
        waivers(repository),
        {name: enforced(each) for name, each in repository.environments.items()},
        given.now,
        given.grants,
        judged=judged if partly else None,
        names=partial(_names, repository, given),
    )
    return tuple(sorted(waived, key=_order)), (*notices, *about_to_deny(waived))


def _names(repository: Repository, given: Circumstances, target: str) -> Collection[str] | Missing:
    """What a release was called, by its past; what is no release has one name."""
    for release in repository.releases:
        if f"{release.environment}/{release.name}" == target:
            past = given.timeline(release)
            return past if isinstance(past, Missing) else {stage.target for stage in past}
    return ()


def _trainings(repository: Repository) -> tuple[list[Finding], list[Fault]]:
    """What a rule has against the data that trains; it stands in no release."""
    findings: list[Finding] = []
    faults = list(book().faults)
    for dag in repository.dags.values():
        for module in rules().values():
            judge_training: TrainingJudge | None = getattr(module, "judge_training", None)
            try:
                for breach in judge_training(dag, repository.revoked) if judge_training else ():
                    findings.append(training_finding(module.RULE, dag, breach))
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                where = f"pipelines/{dag.name}"
                faults.append(Fault(module.RULE.id, where, cause(error)))
    return findings, faults


def _order(found: Finding) -> tuple[bool, int, int, object, str, str]:
    return (
        found.waiver is not None,
        -STRICTNESSES.index(found.strictness),
        -SEVERITIES.index(found.severity),
        found.place,
        found.rule,
        found.message,
    )
