"""Which side is right, where the outcome of a decision is known: of replayed rows of a holdout, say."""

from __future__ import annotations

from releasectl.compare.proportions import difference, mcnemar, paired_difference, wilson
from releasectl.compare.samples import Rows, Sample
from releasectl.compare.values import Estimate, Labelled
from releasectl.model import Missing
from releasectl.requestlog import UNKNOWN

NONE = Missing("no outcome is known: only replayed rows have any")


def labelled(found: Sample, confidence: float) -> Labelled | Missing:
    """Accuracy of both sides, and the gain with its interval; Missing where no outcome is known."""
    return paired(*found.rows, confidence) if found.paired else independent(*found.rows, confidence)


def paired(stable: Rows, candidate: Rows, confidence: float) -> Labelled | Missing:
    """Only disagreements tell which is better: where both are right or both are wrong, they are equal."""
    known = stable.labels != UNKNOWN
    n = int(known.sum())
    right = [(side.classes == stable.labels)[known] for side in (stable, candidate)]
    wins, losses = int((right[1] & ~right[0]).sum()), int((right[0] & ~right[1]).sum())
    gain = paired_difference(wins, losses, n, confidence)
    if isinstance(gain, Missing):
        return NONE
    shares = [int(side.sum()) / n for side in right]
    return Labelled(shares[0], shares[1], gain, wins, losses, mcnemar(wins, losses))


def independent(stable: Rows, candidate: Rows, confidence: float) -> Labelled | Missing:
    """Of two samples that share no request: only the shares of right decisions can be compared."""
    shares = list[Estimate]()
    for side in (stable, candidate):
        known = side.labels != UNKNOWN
        n = int(known.sum())
        share = wilson(int((side.classes == side.labels)[known].sum()) / n if n else 0.0, n, confidence)
        if isinstance(share, Missing):
            return NONE
        shares.append(share)
    none = Missing("two models never answered the same request")
    return Labelled(shares[0].value, shares[1].value, difference(*shares), none, none, none)
