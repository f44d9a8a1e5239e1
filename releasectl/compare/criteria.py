"""Each criterion of SHAD-001 judged: passed, failed beyond chance, not decided yet, or not known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from releasectl.compare import power
from releasectl.compare.proportions import z
from releasectl.compare.thresholds import Thresholds
from releasectl.compare.values import Criterion, Estimate, Finding
from releasectl.compare.words import count, interval, show
from releasectl.model import Missing

FEWEST = 100  # distinct decisions or requests before anything fails: fewer are chance
MOST_MORE = 1_000_000  # requests that anybody would wait for
EPSILON = 1e-12  # a share that is a limit as written may differ from it in the last bit


@dataclass(frozen=True, slots=True)
class Question:
    """What a criterion asks: is `measured` at least (or at most) `limit`, by `minimum` decisions or requests.

    `proof`: passing takes the whole interval on the good side, not the value alone (no worse, demonstrably).
    `per_request`: how many of its n one more request of new rows brings. `hope`: whether more requests
    may bring what is missing; what answered requests lack, others will lack, too.
    """

    name: str
    title: str
    unit: str
    measured: Estimate | Missing
    limit: float
    minimum: int
    at_least: bool = False
    proof: bool = False
    fewest: int = FEWEST
    noun: str = "distinct decision"
    per_request: float = 1.0
    hope: bool = True


def judge(question: Question, thresholds: Thresholds) -> Criterion:
    """FAIL only if the whole interval is beyond the limit; PASS only with as many as the power takes."""
    measured, limit = question.measured, question.limit
    required = question.name.partition(":")[0] in thresholds.required
    if isinstance(measured, Missing):
        wanted = ceil(question.minimum / question.per_request) if question.hope else Missing(measured.reason)
        return criterion(question, Finding.UNKNOWN, measured.reason, required, wanted)
    sign = 1 if question.at_least else -1
    ends = (measured.low, measured.high) if question.at_least else (measured.high, measured.low)
    good, proved, possible = (
        sign * (each - limit) >= -EPSILON for each in (measured.value, ends[0], ends[1])
    )
    passes = proved if question.proof else good
    shown, bound = interval(measured, question.unit), show(limit, question.unit)
    if not possible and measured.n >= question.fewest:
        reason = f"{shown} is {'below' if question.at_least else 'above'} {bound}"
        return criterion(question, Finding.FAIL, reason, required, 0)
    if passes and measured.n >= question.minimum:
        reason = f"{shown} is {'at least' if question.at_least else 'at most'} {bound}"
        return criterion(question, Finding.PASS, reason, required, 0)
    if not possible or passes:
        needed = float(question.minimum if passes else question.fewest)
        reason = f"{shown} by {measured.n:,} of the {count(ceil(needed), question.noun)} that it takes"
    else:
        needed = max(float(question.minimum), to_decide(question, measured, thresholds))
        reason = f"{shown} does not tell on which side of {bound} it is"
    more = (needed - measured.n) / question.per_request
    if more > MOST_MORE:
        near = Missing(f"{question.title} is so near its limit that no number of requests will tell")
        return criterion(question, Finding.UNDECIDED, reason, required, near)
    return criterion(question, Finding.UNDECIDED, reason, required, max(1, ceil(more)))


def to_decide(question: Question, measured: Estimate, thresholds: Thresholds) -> float:
    """How many in all until the end of the interval that is nearer to the limit comes to it."""
    distance = abs(measured.value - question.limit)
    if question.unit == "share":
        return power.share_decided(question.limit, distance, z(thresholds.confidence))
    end = measured.low if measured.value > question.limit else measured.high
    return power.to_decide(measured.n, abs(end - measured.value), distance)


def criterion(
    question: Question, finding: Finding, reason: str, required: bool, more: int | Missing
) -> Criterion:
    """A question with its finding; `more` is how many requests it still takes, if that can be told."""
    n = question.measured.n if isinstance(question.measured, Estimate) else 0
    return Criterion(
        question.name, question.title, question.measured, question.limit, question.at_least, finding, reason,
        required, question.unit, n, question.minimum, more,
    )  # fmt: skip


def agreement(
    question: Question, floor: Estimate | Missing, gain: Criterion | None, thresholds: Thresholds
) -> Criterion:
    """By the limit; or as well as the model agrees with itself, which is `floor`; or, if policy says so, by
    known outcomes.
    """
    found = judge(question, thresholds)
    measured = question.measured
    if found.finding is Finding.PASS or isinstance(measured, Missing) or measured.n < question.minimum:
        return found
    if isinstance(floor, Estimate) and floor.n >= question.minimum and measured.high >= floor.value:
        itself = show(floor.value, "share")
        reason = f"{interval(measured, 'share')} is within noise: the model agrees with itself in {itself}"
        return replace(found, finding=Finding.PASS, reason=reason, more=0)
    if thresholds.labels_decide and gain is not None and gain.finding is Finding.PASS:
        reason = f"{found.reason}, but known outcomes outvote it: accuracy {gain.reason}"
        return replace(found, finding=Finding.PASS, reason=reason, more=0)
    return found
