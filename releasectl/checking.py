"""Checks a working tree by its own rules: all of it, or what differs from a commit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from releasectl.cases import cases, with_memory
from releasectl.checked import Checked
from releasectl.enforcement import enforced
from releasectl.judge import assess, checked, circumstances, settled
from releasectl.load import load
from releasectl.model import Release, Repository
from releasectl.policy import Case, Fault, Finding, Notice
from releasectl.render import manifests, render, stale
from releasectl.rulebook import book
from releasectl.scope import load_scope, since
from releasectl.sitting import Considered, Sitting


@dataclass(frozen=True, slots=True)
class Reasons:
    """Every rule on one release: what it saw, what came of it after waivers, and rules that failed."""

    case: Case
    considered: tuple[Considered, ...]
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    faults: tuple[Fault, ...] = ()


def check(root: Path, *, now: datetime) -> Checked:
    """The whole repository, judged by its own rules as of `now`."""
    repository = load(root, now=now)
    given = circumstances(root, now)
    rendered = render(repository)
    found = checked(repository, assess(repository, rendered, given))
    return replace(found, stale=stale(root, rendered))


def check_since(root: Path, revision: str, *, now: datetime) -> Checked:
    """Only what changed: the other files are not even read."""
    found = since(root, revision)
    if found.whole:
        return check(root, now=now)
    repository = load_scope(root, found, now)
    given = circumstances(root, now, paths=tuple(sorted(found.releases)))
    rendered = render(repository) if found.pipelines else manifests(repository)
    judgement = assess(repository, rendered, given, partly=True)
    return checked(repository, judgement)


def reasons(root: Path, repository: Repository, release: Release, *, now: datetime) -> Reasons:
    """Why a release is judged as it is."""
    given = circumstances(root, now, paths=(release.source.file,))
    rendered = manifests(repository)
    repository = with_memory(repository, given)
    case = next(each for each in cases(repository, rendered, given) if each.release is release)
    sitting = Sitting()
    considered = tuple(sitting.consider(each, case) for each in enforced(case.environment))
    findings, notices = settled(repository, [found for each in considered for found in each.findings], given)
    faults = (*book().faults, *(each.fault for each in considered if each.fault is not None))
    return Reasons(case, considered, findings, notices, faults)
