"""EVID-001: The evidence is whole, of this very commit, and agrees with itself.

Every other rule believes the evidence in the lock. So each kind of it has to be there and keep its schema;
the card has to name data commits of the lock's own lineage, or it is that of another model, or the lineage
leaves out what the model was made from; and numbers that several files tell have to be the same: rows and
digests of the data, the metrics of the card, the area under the curve of metrics.json and of the placements.
`apply` compares the whole lock with what Pachyderm holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from policies.champion import LABEL, words
from releasectl import evidence
from releasectl.model import Json, Missing
from releasectl.policy import (
    ANYTHING,
    NONE,
    NOTHING,
    Case,
    Limit,
    Model,
    Need,
    Remedy,
    Rule,
    Seen,
    Severity,
    Strictness,
    between,
    exactly,
    show,
)
from releasectl.policy.authorities import COMPANY
from releasectl.revocation import DATA

RULE = Rule(
    id="EVID-001",
    title="The evidence is whole, of this commit, and agrees with itself",
    severity=Severity.CRITICAL,
    default=Strictness.DENY,
    needs=(Need.LOCK, Need.EVIDENCE),
    remedy=Remedy(
        "write the lock anew with `releasectl release`; it is never edited",
        before="evidence:\n  metrics: {roc_auc: 0.91}   # edited\n  card: {metrics: {roc_auc: 0.87}}",
        after="evidence:\n  metrics: {roc_auc: 0.87}\n  card: {metrics: {roc_auc: 0.87}}",
    ),
    authority=(COMPANY,),
    owner="model-risk",
    unwaivable=("production",),
)

SHOWN: Final = 5  # faults of a schema that are told one by one
ROUNDING: Final = 1e-4  # of an area: placements are kept in 15 bits

# what is told -> where it is told, twice
TWICE: Final[Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]]] = (
    ("rows of the training data", ("card", "training_data", "rows"), ("profile", "training", "rows")),
    ("digest of the training data", ("card", "training_data", "sha256"), ("profile", "training", "sha256")),
    ("digest of the holdout", ("card", "holdout", "sha256"), ("profile", "holdout", "sha256")),
    ("digest of the holdout", ("placements", "holdout_sha256"), ("profile", "holdout", "sha256")),
    ("rows of the holdout", ("groups", "rows"), ("profile", "holdout", "rows")),
    ("rows of the holdout", ("metrics", "holdout", "rows"), ("profile", "holdout", "rows")),
)


def judge(case: Case) -> Iterator[Seen]:
    for model in case.models:
        whole = True
        for name in evidence.KINDS:
            for seen in _kept(model, name):
                whole = whole and seen.holds
                yield seen
        if whole:
            yield from _of_this_commit(model)
            yield from _agrees(model)


def _kept(model: Model, name: str) -> Iterator[Seen]:
    if not isinstance(model.evidence[name], Missing):
        yield model.says(f"the evidence called {name}", "whole", ANYTHING, at=(name,))
        return
    if name not in model.lock.evidence:
        yield model.says(f"the evidence called {name}", model.evidence[name], ANYTHING)
        return
    for pointer, what, remedy in list(evidence.faults(model.lock, name))[:SHOWN]:
        at = (name, *pointer.strip("/").removesuffix("#").split("/"))
        mend = f"mend what writes {evidence.KINDS[name]}, then train and release anew: {remedy}"
        yield model.says(f"the evidence called {name} breaks its schema", what, NOTHING, at=at, remedy=mend)


def _of_this_commit(model: Model) -> Iterator[Seen]:
    """Whatever the repositories of a family are called: data is what no pipeline made."""
    data = [each.commit for each in model.lock.lineage if each.pipeline is None]
    known = Limit(f"a data commit of the lineage, which has {show(data)}", lambda commit: commit in data)
    for key in DATA:
        yield model.seen(f"{key.replace('_', ' ')} of the card", ("card", key, "commit"), known)
    trained, held_out = (model.find("card", key, "commit") for key in DATA)
    if not isinstance(trained, Missing):
        yield model.says("whether the holdout is the training data", held_out == trained, exactly(False))


def _agrees(model: Model) -> Iterator[Seen]:
    for what, one, other in TWICE:
        yield model.seen(f"{what}, by {one[0]} and {other[0]}", one, exactly(model.find(*other)))
    measured = model.lock.evidence["metrics"]
    told = model.lock.evidence["card"]["metrics"]
    differ = sorted(name for name, value in told.items() if measured.get(name) != value)
    yield model.says("metrics that the card tells otherwise", differ, NONE, at=("card", "metrics"))
    area = model.find("metrics", "roc_auc")
    placements = model.find("placements")
    if not isinstance(area, Missing) and not isinstance(placements, Missing):
        limit = between(area - ROUNDING, area + ROUNDING)
        yield model.says("ROC AUC of the placements", area_of(placements), limit, at=("placements",))


def area_of(placements: Json) -> float:
    """The mean placement: that of either class is the area, so that of all rows is, too."""
    return _area(placements["rows_base64"], placements["positives"], placements["steps"])


@lru_cache(maxsize=1024)  # a model serves in more than one release
def _area(rows_base64: str, positives: int, steps: int) -> float:
    found = words(rows_base64)
    total = sum(found) - positives * LABEL
    return float(round(total / max(1, len(found)) / steps, 6))
