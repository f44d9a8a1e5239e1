"""From what was measured to the questions that SHAD-001 asks of it, each with its limit and its minimum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from releasectl.compare import power
from releasectl.compare.criteria import FEWEST, Question, agreement, judge
from releasectl.compare.groups import Shift
from releasectl.compare.samples import Sample, distinct
from releasectl.compare.thresholds import Thresholds
from releasectl.compare.values import Context, Criterion, Distance, Estimate, Labelled, NoiseFloor
from releasectl.model import Missing

RATIO_WITHOUT_TRAFFIC = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What the criteria look at."""

    sample: Sample
    agreement: Estimate | Missing
    psi: Distance | Missing
    ks: Distance | Missing
    p99_ratio: Estimate | Missing
    errors: Estimate | Missing
    labelled: Labelled | Missing
    shifts: tuple[Shift, ...]
    noise: NoiseFloor


def criteria(measured: Measured, context: Context) -> tuple[Criterion, ...]:
    """All criteria in the order of a report: agreement, distances, service, accuracy, groups."""
    limits = context.thresholds
    gain = accuracy(measured, limits)
    judged = None if gain is None else judge(gain, limits)
    hope = not all(len(rows) for rows in measured.sample.rows)
    asked = (*distance_questions(measured, context), *service_questions(measured, limits))
    found = [judge(replace(question, hope=hope), limits) for question in asked]
    if measured.sample.paired:
        found.insert(0, agreement(agreement_question(measured, limits), measured.noise, judged, limits))
    if judged is not None:
        found.append(judged)
    return (*found, *(judge(question, limits) for question in group_questions(measured, limits)))


def agreement_question(measured: Measured, limits: Thresholds) -> Question:
    """Share of pairs of the same class, against the least that policy asks for."""
    least = limits.minimum_requests or power.agreement_minimum(
        limits.agreement, limits.agreement_margin, alpha=limits.alpha, power=limits.power
    )
    return Question(
        "agreement", "class agreement", "share", measured.agreement, limits.agreement, least,
        at_least=True, per_request=per_request(measured.sample),
    )  # fmt: skip


def distance_questions(measured: Measured, context: Context) -> Iterator[Question]:
    """PSI and KS between the scores of both sides, or between their classes where there are no scores."""
    limits = context.thresholds
    stable, candidate = (distinct(rows.inputs) for rows in measured.sample.rows)
    ratio = stable / candidate if stable and candidate else RATIO_WITHOUT_TRAFFIC
    each = per_request(measured.sample)
    for name, title, found in (("psi", "PSI", measured.psi), ("ks", "KS D", measured.ks)):
        of = "scores" if isinstance(found, Missing) else found.of
        bins = limits.psi_bins if of == "scores" else len(context.classes)
        least = limits.minimum_requests or (
            power.psi_minimum(limits.psi, bins, ratio=ratio, alpha=limits.alpha)
            if name == "psi"
            else power.ks_minimum(limits.ks, ratio=ratio, alpha=limits.alpha)
        )
        estimate = found if isinstance(found, Missing) else found.estimate
        limit = limits.psi if name == "psi" else limits.ks
        yield Question(name, f"{title} of {of}", "distance", estimate, limit, least, per_request=each)


def service_questions(measured: Measured, limits: Thresholds) -> Iterator[Question]:
    """How many times as slow at the 99th percentile, and how many points more of failed requests."""
    wilks = power.quantile_minimum(0.99, alpha=limits.alpha)
    yield Question(
        "p99", "p99 latency", "ratio", measured.p99_ratio, limits.p99_ratio, limits.minimum_requests or wilks,
        fewest=wilks, noun="request",
    )  # fmt: skip
    rate = limits.error_points / 100
    least = limits.minimum_requests or power.rare_minimum(rate, alpha=limits.alpha)
    yield Question("errors", "error rate", "points", measured.errors, rate, least, noun="request")


def accuracy(measured: Measured, limits: Thresholds) -> Question | None:
    """A question only where outcomes are known."""
    if isinstance(measured.labelled, Missing):
        return None
    return Question(
        "accuracy", "accuracy gained", "points", measured.labelled.gain, -limits.accuracy_loss, FEWEST,
        at_least=True, proof=True, noun="labelled decision", per_request=per_request(measured.sample),
    )  # fmt: skip


def group_questions(measured: Measured, limits: Thresholds) -> Iterator[Question]:
    """A question per trait: by how many points its groups' selection rates changed differently."""
    for shift in measured.shifts:
        yield Question(
            f"groups:{shift.column}",
            f"selection by {shift.column}{shift.groups}",
            "points", shift.estimate, limits.group_gap, limits.group_size, noun="decision",
            per_request=per_request(measured.sample),
        )  # fmt: skip


def per_request(found: Sample) -> float:
    """Decisions that a request to the candidate brings; 1 before there is any. If its rows are new ones, each
    is evidence.
    """
    calls, rows = found.calls[1], found.rows[1]
    return len(rows) / len(calls) if calls and len(rows) else 1.0
