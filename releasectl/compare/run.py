"""`compare`: the log of both sides -> everything measured, every criterion judged, and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from releasectl.compare import distributions, noise, questions, verdict
from releasectl.compare.groups import Flips, flips, groups, shifts
from releasectl.compare.labelled import labelled
from releasectl.compare.latency import durations, error_rate, latency, ratio
from releasectl.compare.proportions import difference, wilson
from releasectl.compare.samples import Log, Sample, Values, answered, distinct, rows_of, sample, values
from releasectl.compare.values import Comparison, Context, Detections, Distance, Estimate, Traffic
from releasectl.model import Missing
from releasectl.requestlog import UNANSWERED, Call, Side

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def compare(log: Log, context: Context) -> Comparison:
    """Never fails: what cannot be measured is Missing, and the verdict says what that means."""
    confidence = context.thresholds.confidence
    found = sample(log, context)
    agreed, matrix = agreement(found, len(context.classes), confidence)
    times = [durations(calls) for calls in found.calls]
    errors = [error_rate(calls, confidence) for calls in found.calls]
    measured = measure(found, log, context, agreed, times, errors)
    criteria = questions.criteria(measured, context)
    decided, reasons, more = verdict.verdict(criteria)
    moments = span(found)
    return Comparison(
        strategy=context.strategy,
        stable=context.stable,
        candidate=context.candidate,
        classes=context.classes,
        first=moments[0],
        last=moments[1],
        traffic=(traffic(log.stable, found, 0), traffic(log.candidate, found, 1)),
        pairs=found.pairing if isinstance(found.pairing, Missing) else len(found.pairing.pairs),
        agreement=agreed,
        flips=matrix,
        psi=measured.psi,
        ks=measured.ks,
        differences=distributions.differences(found),
        groups=groups(found, len(context.classes), confidence),
        labelled=measured.labelled,
        latency=(latency(times[0]), latency(times[1])),
        p99_ratio=measured.p99_ratio,
        errors=(errors[0], errors[1]),
        error_difference=measured.errors,
        detections=(detections(found.calls[0], confidence), detections(found.calls[1], confidence)),
        noise=measured.noise,
        criteria=criteria,
        verdict=decided,
        reasons=reasons,
        more_requests=more,
        notes=tuple(verdict.notes(log, found, measured, context)),
    )


def measure(
    found: Sample,
    log: Log,
    context: Context,
    agreed: Estimate | Missing,
    times: Sequence[NDArray[np.float64]],
    errors: Sequence[Estimate | Missing],
) -> questions.Measured:
    """What the criteria look at; `times` and `errors` are (model, candidate)."""
    limits = context.thresholds
    psi, ks = distances(values(found), context)
    return questions.Measured(
        sample=found,
        agreement=agreed,
        psi=psi,
        ks=ks,
        p99_ratio=ratio(times[0], times[1], 0.99, limits.confidence),
        errors=error_difference(errors),
        labelled=labelled(found, limits.confidence),
        shifts=tuple(shifts(found, len(context.classes), limits.group_size, limits.confidence)),
        noise=context.noise or noise.noise_floor(log.stable, context.stable, limits),
    )


def agreement(found: Sample, classes: int, confidence: float) -> tuple[Estimate | Missing, Flips | Missing]:
    """The interval rests on distinct rows: a replay that is repeated proves nothing new."""
    stable, candidate = found.rows
    if isinstance(found.pairing, Missing):
        return found.pairing, found.pairing
    if not len(stable):
        none = Missing("no pair has been answered yet")
        return none, none
    share = float((stable.classes == candidate.classes).mean())
    estimate = wilson(share, distinct(stable.inputs), confidence)
    return estimate, flips(stable.classes, candidate.classes, classes)


def distances(compared: Values | Missing, context: Context) -> tuple[Distance | Missing, Distance | Missing]:
    """(PSI, KS)"""
    if isinstance(compared, Missing):
        return compared, compared
    limits = context.thresholds
    psi = distributions.psi(compared, limits.psi_bins, len(context.classes), limits.confidence)
    return psi, distributions.ks(compared, limits.confidence)


def error_difference(rates: Sequence[Estimate | Missing]) -> Estimate | Missing:
    """The candidate's share of failed requests less the model's; `rates` is (model, candidate)."""
    for which, rate in zip(("model", "candidate"), rates, strict=True):
        if isinstance(rate, Missing):
            return Missing(f"no request to the {which} is logged")
    one, other = (rate for rate in rates if isinstance(rate, Estimate))
    return difference(one, other)


def traffic(side: Side, found: Sample, which: int) -> Traffic:
    """What one side was asked; `which` is 0 for the model and 1 for the candidate."""
    calls = found.calls[which]
    rows = rows_of(answered(calls))
    return Traffic(
        requests=len(calls),
        decisions=len(rows),
        distinct=distinct(rows.inputs),
        failed=sum(bool(call.error) for call in calls),
        unanswered=sum(call.error == UNANSWERED for call in calls),
        other_models=found.other_models[which],
        skipped=sum(side.skipped.values()),
    )


def detections(calls: Sequence[Call], confidence: float) -> Detections:
    """The share of rows that the outlier detector flagged, and the batches in which drift was found."""
    flags = [flag for call in calls for flag in call.outliers]
    batches = [call.drift for call in calls if call.drift is not None]
    share = wilson(sum(flags) / len(flags) if flags else 0.0, len(flags), confidence)
    none = Missing("no outlier detector replied")
    return Detections(none if isinstance(share, Missing) else share, sum(batches), len(batches))


def span(found: Sample) -> tuple[datetime | Missing, datetime | Missing]:
    """The first and the last moment at which a call that counts was made."""
    moments = [call.at for calls in found.calls for call in calls]
    if not moments:
        none = Missing("no request is logged yet" if not found.paired else "no pair is logged yet")
        return none, none
    return min(moments), max(moments)
