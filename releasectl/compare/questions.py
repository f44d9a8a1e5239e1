"""From what was measured to the questions that SHAD-001 asks of it, each with its limit and its minimum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from releasectl.compare.asked import Design, bins, question
from releasectl.compare.criteria import Question, agreement, judge
from releasectl.compare.groups import Shift
from releasectl.compare.samples import Sample, distinct
from releasectl.compare.values import Context, Criterion, Distance, Estimate, Labelled, NoiseFloor
from releasectl.model import Missing


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
    asked = {each.name: each for each in questions(measured, context)}
    found = {name: judge(each, limits) for name, each in asked.items()}
    if "agreement" in asked:
        itself = measured.noise.agreement
        found["agreement"] = agreement(asked["agreement"], itself, found.get("accuracy"), limits)
    return tuple(found.values())


def questions(measured: Measured, context: Context) -> Iterator[Question]:
    """Every question, in words that fit what was measured; of accuracy only where outcomes are known."""
    limits, sample = context.thresholds, measured.sample
    of = "scores" if isinstance(measured.psi, Missing) else measured.psi.of
    design = Design(ratio(sample), bins(limits, of, len(context.classes)))
    each, hope = per_request(sample), not all(len(rows) for rows in sample.rows)

    def ask(name: str, found: Estimate | Missing) -> Question:
        return question(name, found, limits, design)

    if sample.paired:
        yield replace(ask("agreement", measured.agreement), per_request=each)
    for name, distance in (("psi", measured.psi), ("ks", measured.ks)):
        asked = ask(name, distance if isinstance(distance, Missing) else distance.estimate)
        yield replace(asked, title=f"{asked.title} of {of}", per_request=each, hope=hope)
    for name, found in (("p99", measured.p99_ratio), ("errors", measured.errors)):
        yield replace(ask(name, found), hope=hope)
    if not isinstance(measured.labelled, Missing):
        yield replace(ask("accuracy", measured.labelled.gain), per_request=each)
    for shift in measured.shifts:
        asked = ask(f"groups:{shift.column}", shift.estimate)
        yield replace(asked, title=f"{asked.title}{shift.groups}", per_request=each)


def ratio(found: Sample) -> float:
    """Distinct decisions of the model to one of the candidate; the rows of a pair are the same."""
    stable, candidate = (distinct(rows.inputs) for rows in found.rows)
    return 1.0 if found.paired or not stable or not candidate else stable / candidate


def per_request(found: Sample) -> float:
    """Decisions that a request to the candidate brings; 1 before there is any. If its rows are new ones, each
    is evidence.
    """
    calls, rows = found.calls[1], found.rows[1]
    return len(rows) / len(calls) if calls and len(rows) else 1.0
