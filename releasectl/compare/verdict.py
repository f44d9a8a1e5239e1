"""The verdict with its reasons, and what else a reviewer should know of the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from releasectl.compare.groups import MOST_VALUES, columns, known
from releasectl.compare.questions import Measured
from releasectl.compare.samples import Log, Sample
from releasectl.compare.values import Context, Criterion, Distance, Estimate, Finding, Verdict
from releasectl.compare.words import count
from releasectl.model import Missing
from releasectl.requestlog import UNANSWERED

FEW_DISTINCT = 0.5
UNPAIRED = 0.05  # of the requests that a mirror should have copied


def verdict(criteria: Sequence[Criterion]) -> tuple[Verdict, tuple[str, ...], int | Missing]:
    """Anything that fails stops; anything required that is undecided or unknown waits."""
    failed = [each for each in criteria if each.finding is Finding.FAIL]
    open_ones = [each for each in criteria if each.required and each.finding is not Finding.PASS]
    if failed:
        return Verdict.STOP, tuple(sentence(each) for each in failed), 0
    if open_ones:
        return Verdict.WAIT, tuple(sentence(each) for each in open_ones), more(open_ones)
    return Verdict.PROMOTE, tuple(sentence(each) for each in criteria if each.finding is Finding.PASS), 0


def sentence(criterion: Criterion) -> str:
    """A criterion as one of the reasons of a verdict."""
    return f"{criterion.title}: {criterion.reason}"


def more(criteria: Sequence[Criterion]) -> int | Missing:
    """As many as the criterion that needs most."""
    for each in criteria:
        if isinstance(each.more, Missing):
            return each.more
    return max(each.more for each in criteria if isinstance(each.more, int))


def notes(log: Log, found: Sample, measured: Measured, context: Context) -> Iterator[str]:
    """What a reviewer must know beside the criteria: what was left out, or is missing, or drifts."""
    yield from about_disagreement(measured, context)
    yield from about_pairs(found, context)
    for which, name, commit in ((0, "model", context.stable), (1, "candidate", context.candidate)):
        side = (log.stable, log.candidate)[which]
        calls = found.calls[which]
        if calls and all(isinstance(call.version, Missing) for call in calls):
            yield f"no answer of the {name} says which commit made it: taken for {commit}"
        if found.other_models[which]:
            others = count(found.other_models[which], "request")
            yield f"{others} to the {name} left out: another commit answered"
        for reason, number in side.skipped.items():
            yield f"{count(number, 'request')} to the {name} left out: {reason}"
        if side.repeated:
            yield f"{count(side.repeated, 'event')} of the {name} left out: a request id that came before"
        if side.cut:
            yield f"the log of the {name} is longer than what was read: ask for less with --since"
        if unanswered := sum(call.error == UNANSWERED for call in calls):
            yield f"{count(unanswered, 'request')} to the {name} without a logged answer: counted as failed"
        if drifting := sum(call.drift is True for call in calls):
            batches = sum(call.drift is not None for call in calls)
            yield f"drift in {drifting:,} of {batches:,} batches to the {name}: unlike its training data"
    yield from about_evidence(found, measured)


def about_disagreement(measured: Measured, context: Context) -> Iterator[str]:
    """Two models that differ are not yet a bad candidate: who is right where they differ?"""
    agreed, labelled, limit = measured.agreement, measured.labelled, context.thresholds.agreement
    if isinstance(agreed, Estimate) and agreed.value < limit:
        yield (
            f"agreement of {limit:g} is what policy asks, not what makes a model good: another model may "
            "disagree and be right; `agreement` and `labels_decide` of SHAD-001 say what counts"
        )
    if isinstance(labelled, Missing) or isinstance(labelled.wins, Missing):
        return
    if isinstance(labelled.losses, int) and (known := labelled.wins + labelled.losses):
        p = labelled.p if isinstance(labelled.p, float) else 1.0
        chance = "p < 0.0001" if p < 1e-4 else f"p {p:.2g}"
        yield (
            f"of {count(known, 'disagreement')} with a known outcome the candidate is right in "
            f"{labelled.wins:,} ({labelled.wins / known:.0%}, McNemar's {chance})"
        )


def about_pairs(found: Sample, context: Context) -> Iterator[str]:
    """Fewer pairs than the mirror should have made, and ids whose rows differ."""
    if isinstance(found.pairing, Missing):
        return
    pairing = found.pairing
    asked = len(pairing.pairs) + pairing.stable_only + pairing.different
    expected = asked * context.mirror / 100
    if asked and len(pairing.pairs) < expected * (1 - UNPAIRED):
        yield (
            f"{len(pairing.pairs):,} of {count(asked, 'request')} are paired, {expected:,.0f} should be "
            f"({context.mirror} % is mirrored): what the shadow did not log may be what it could not answer"
        )
    if pairing.different:
        yield f"{count(pairing.different, 'request')} left out: both sides have the id, but not the same rows"


def about_evidence(found: Sample, measured: Measured) -> Iterator[str]:
    """How little the numbers rest on, where that is less than it seems."""
    if isinstance(measured.ks, Distance):
        if measured.ks.of == "classes":
            yield "no scores in the log, so classes are compared; ask for predict_proba to have scores"
        elif measured.ks.n_candidate < len(found.rows[1]):
            yield f"{measured.ks.n_candidate:,} of {count(len(found.rows[1]), 'decision')} have scores"
    if isinstance(measured.agreement, Estimate) and measured.agreement.n < FEW_DISTINCT * len(found.rows[0]):
        yield (
            f"only {measured.agreement.n:,} of {count(len(found.rows[0]), 'decision')} are of distinct rows: "
            "repetitions are no evidence"
        )
    for column, sides in columns(found).items():
        if not known(sides) and any(side.any() for side in sides):
            yield f"{column} has more than {MOST_VALUES} values: not taken for groups"
    yield "intervals hold for one look: decide when the requests asked for are there, not when it looks well"
