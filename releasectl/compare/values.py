"""A comparison as a value: what was measured, what each criterion says of it, the verdict and its reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from releasectl.compare.thresholds import Thresholds
from releasectl.model import CommitId, Missing

PAIRED = ("shadow",)  # strategies by which both models get the same requests


class Verdict(StrEnum):
    """What a reviewer is advised to do with the candidate."""

    PROMOTE = "promote"
    WAIT = "wait"
    STOP = "stop"


class Finding(StrEnum):
    """What one criterion says. UNDECIDED: more requests can tell. UNKNOWN: the log cannot say."""

    PASS = "pass"
    UNDECIDED = "undecided"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its confidence interval, and how many distinct decisions or requests it rests on."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Distance:
    """Of two distributions: `of` is "scores", or "classes" when the log has no scores. `p` is that of equal
    distributions for independent samples; of pairs it is too large, for they differ less by chance.
    """

    of: str
    estimate: Estimate
    n_stable: int
    n_candidate: int
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Differences:
    """Of a pair's scores, candidate - model."""

    mean: float
    p05: float
    median: float
    p95: float
    largest: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one side was asked. `failed` includes `unanswered`; `other_models` and `skipped` do not count."""

    requests: int
    decisions: int
    distinct: int
    failed: int
    unanswered: int
    other_models: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Of one side, in seconds, over the requests that were answered."""

    p50: float
    p99: float
    n: int


@dataclass(frozen=True, slots=True)
class Detections:
    """What the detectors said of one side's requests."""

    outliers: Estimate | Missing
    drifting: int
    batches: int


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one value of an audit column. `selected` is the share of the last class, for each side."""

    column: str
    value: str
    n_stable: int
    n_candidate: int
    agreement: Estimate | Missing
    flips: tuple[tuple[int, ...], ...]
    selected_stable: float | Missing
    selected_candidate: float | Missing


@dataclass(frozen=True, slots=True)
class Labelled:
    """Where outcomes are known. `wins` and `losses`: of the disagreements, those in which the candidate is
    right and those in which the model is; `p` is McNemar's. Independent samples have neither.
    """

    accuracy_stable: float
    accuracy_candidate: float
    gain: Estimate
    wins: int | Missing
    losses: int | Missing
    p: float | Missing


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """The model against itself: agreement of its answers to rows that came again, and what 95 of 100 random
    halves of its traffic do not exceed.
    """

    agreement: Estimate | Missing
    psi: float | Missing
    ks: float | Missing
    p99_ratio: float | Missing
    error_points: float | Missing


@dataclass(frozen=True, slots=True)
class Criterion:
    """`n` of `minimum` are there; `more` requests to the candidate would decide it, 0 if it is decided."""

    name: str
    title: str
    measured: Estimate | Missing
    limit: float
    at_least: bool
    finding: Finding
    reason: str
    required: bool
    unit: str
    n: int
    minimum: int
    more: int | Missing


@dataclass(frozen=True, slots=True)
class Context:
    """What is compared, and by which rules. `mirror` is the share of requests that a shadow gets, in per
    cent; without `noise` the log's own noise floor is used.
    """

    strategy: str
    stable: CommitId
    candidate: CommitId
    classes: tuple[str, ...]
    thresholds: Thresholds = field(default_factory=Thresholds)
    mirror: int = 100
    noise: NoiseFloor | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that a reviewer is told. `pairs` counts requests, and is Missing where there can be none."""

    strategy: str
    stable: CommitId
    candidate: CommitId
    classes: tuple[str, ...]
    first: datetime | Missing
    last: datetime | Missing
    traffic: tuple[Traffic, Traffic]
    pairs: int | Missing
    agreement: Estimate | Missing
    flips: tuple[tuple[int, ...], ...] | Missing
    psi: Distance | Missing
    ks: Distance | Missing
    differences: Differences | Missing
    groups: tuple[Group, ...]
    labelled: Labelled | Missing
    latency: tuple[Latency | Missing, Latency | Missing]
    p99_ratio: Estimate | Missing
    errors: tuple[Estimate | Missing, Estimate | Missing]
    error_difference: Estimate | Missing
    detections: tuple[Detections, Detections]
    noise: NoiseFloor
    criteria: tuple[Criterion, ...]
    verdict: Verdict
    reasons: tuple[str, ...]
    more_requests: int | Missing
    notes: tuple[str, ...]
