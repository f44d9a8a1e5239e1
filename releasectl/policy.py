"""The words of policy: a rule, what it sees, what it says, and the finding that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from releasectl.model import Dag, Environment, Json, Lock, Place, Release, Revocation


class Severity(StrEnum):
    """How bad it would be, whatever an environment makes of it; worst last."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Strictness(StrEnum):
    """What an environment makes of a finding; strictest last."""

    OFF = "off"
    ADVISE = "advise"
    WARN = "warn"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule is called and stands for; the docstring of its module is its page."""

    id: str
    title: str
    severity: Severity
    default: Strictness
    fixed: bool = False  # no policy.yaml can make it less strict


@dataclass(frozen=True, slots=True)
class Case:
    """One release with everything a rule may look at."""

    release: Release
    environment: Environment
    locks: tuple[Lock, ...]  # of the model, then of the candidate
    deployment: Json
    detectors: tuple[Json, ...]
    revoked: tuple[Revocation, ...] = ()


@dataclass(frozen=True, slots=True)
class Breach:
    """What a rule says: where in the release (a JSON pointer), what is wrong, and what to do."""

    pointer: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach with all that a report needs; `release` is <environment>/<name>."""

    rule: str
    title: str
    severity: Severity
    strictness: Strictness
    place: Place
    message: str
    remedy: str
    environment: str
    release: str
    pointer: str = field(default="", compare=False)


class RuleModule(Protocol):
    """A module of `policies/`: its rule, and a pure generator of breaches."""

    RULE: Rule

    @staticmethod
    def judge(case: Case) -> Iterator[Breach]: ...


# A rule module may also have `judge_training`: what it has against the choice of training data, with the
# revocations at hand; the pointer of its breaches is one into training.yaml.
TrainingJudge = Callable[[Dag, tuple[Revocation, ...]], Iterator[Breach]]
