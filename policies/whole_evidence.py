"""EVID-001: The evidence is whole, of this very commit, and agrees with itself.

Every other rule believes the evidence in the lock. So each kind of it has to be there and keep its schema;
the card has to name data commits of the lock's own lineage, or it is that of another model, or the lineage
leaves out what the model was made from; each kind is a file of the commit; and what was measured has to
cover every feature of the model.

Numbers that several files tell have to be the same: rows, digests and outcomes of the data, the metrics of
the card, the area under the curve of metrics.json and of the placements. And what is made of counts is made
once more: the share of distinct rows, of missing values and of people of an unknown group, the rates of each
group with their intervals, ratios and p-values, the gaps between groups, the accuracy and the calibration
error. Each group is counted once, and all of a trait make up the confusion matrix.

`apply` compares the whole lock with what Pachyderm holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from policies.champion import LABEL, words
from releasectl import evidence
from releasectl.model import Json, Missing
from releasectl.policy import (
    ANYTHING,
    NONE,
    NOTHING,
    Limit,
    Model,
    Need,
    Remedy,
    Rule,
    Seen,
    Severity,
    Strictness,
    at_most,
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

SHOWN: Final = 5  # faults of a schema, or of its counts, that are told one by one
ROUNDING: Final = 1e-4  # of an area: placements are kept in 15 bits

# what is told -> where it is told, twice
TWICE: Final[Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]]] = (
    ("rows of the training data", ("card", "training_data", "rows"), ("profile", "training", "rows")),
    ("digest of the training data", ("card", "training_data", "sha256"), ("profile", "training", "sha256")),
    (
        "label rate of the training data",
        ("card", "training_data", "label_rate"),
        ("profile", "training", "label_rate"),
    ),
    ("digest of the holdout", ("card", "holdout", "sha256"), ("profile", "holdout", "sha256")),
    ("digest of the holdout", ("placements", "holdout_sha256"), ("profile", "holdout", "sha256")),
    ("label rate of the holdout", ("card", "holdout", "label_rate"), ("profile", "holdout", "label_rate")),
    ("label rate of the holdout", ("metrics", "holdout", "label_rate"), ("profile", "holdout", "label_rate")),
    ("rows of the holdout", ("card", "holdout", "rows"), ("profile", "holdout", "rows")),
    ("rows of the holdout", ("groups", "rows"), ("profile", "holdout", "rows")),
    ("rows of the holdout", ("metrics", "holdout", "rows"), ("profile", "holdout", "rows")),
    ("rows of the holdout", ("placements", "rows"), ("profile", "holdout", "rows")),
)


def judge_model(model: Model) -> Iterator[Seen]:
    kept = [seen for name in evidence.KINDS for seen in _kept(model, name)]
    yield from kept
    if all(seen.holds for seen in kept):
        yield from _of_this_commit(model)
        yield from _covers(model)
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
    files, folder = {file.path for file in model.lock.files}, f"{model.lock.path}/evidence"
    absent = [file for file in evidence.KINDS.values() if f"{folder}/{file}" not in files]
    yield model.says("evidence that is no file of the commit", absent, NONE, at=("files",))
    trained, held_out = (model.find("card", key, "commit") for key in DATA)
    if not isinstance(trained, Missing):
        yield model.says("whether the holdout is the training data", held_out == trained, exactly(False))


def _covers(model: Model) -> Iterator[Seen]:
    """A feature that nobody measured has nothing against it."""
    types = {feature["name"]: feature["type"] for feature in model.lock.features["features"]}
    profile, metrics = model.lock.evidence["profile"]["features"], model.lock.evidence["metrics"]
    yield model.seen("features of the card", ("card", "features"), exactly(list(types)))
    at = ("profile", "features")
    yield model.says("features that the profile leaves out", sorted(types.keys() - profile), NONE, at=at)
    others = sorted(name for name in types.keys() & profile if profile[name]["type"] != types[name])
    yield model.says("features of another type in the profile", others, NONE, at=at)
    unmeasured = sorted(types.keys() - metrics["importance"])
    at = ("metrics", "importance")
    yield model.says("features whose importance nobody measured", unmeasured, NONE, at=at)


def _agrees(model: Model) -> Iterator[Seen]:
    """What is told twice, and what the placements hold; told one by one where they differ."""
    found = model.lock.evidence
    placements, area = found["placements"], found["metrics"]["roc_auc"]
    placed = _placed(placements["rows_base64"], placements["steps"])
    pairs = [(f"{what}, by {at[0]} and {other[0]}", at, model.find(*other)) for what, at, other in TWICE]
    pairs.append(("rows of the placements, as counted", ("placements", "rows"), placed.rows))
    pairs.append(("positives of the placements, as counted", ("placements", "positives"), placed.positives))
    pairs.append(
        ("label rate of the holdout, by placements", ("profile", "holdout", "label_rate"), placed.label_rate)
    )
    differ = [(what, at, wanted) for what, at, wanted in pairs if model.find(*at) != wanted]
    for what, at, wanted in differ:
        yield model.seen(what, at, exactly(wanted))
    if not differ:
        yield model.says("numbers that two files tell otherwise", differ, NONE)
    told = found["card"]["metrics"]
    edited = sorted(name for name, value in told.items() if found["metrics"].get(name) != value)
    yield model.says("metrics that the card tells otherwise", edited, NONE, at=("card", "metrics"))
    at, limit = ("placements",), between(area - ROUNDING, area + ROUNDING)
    yield model.says("ROC AUC of the placements", placed.area, limit, at=at)
    yield model.says("largest placement, in steps", placed.largest, at_most(placements["steps"]), at=at)
    if found["groups"]["rows"] == placed.rows:  # else nobody knows how many could be counted
        yield from _adds_up(model)


def _adds_up(model: Model) -> Iterator[Seen]:
    found = model.evidence.contradictions
    for path, told, counted in found[:SHOWN]:
        what = f"{'/'.join(path)}, by the counts beside it"
        yield model.says(what, told, Limit(_digits(counted), lambda _: False), at=path)
    more = ["/".join(each.path) for each in found[SHOWN:]]
    yield model.says(
        "more numbers that are not what was counted" if found else "numbers that are not what was counted",
        more,
        NONE,
    )


def _digits(counted: Json) -> str:
    """All that are written, where the first few may be alike."""
    return f"{counted:.6g}" if isinstance(counted, float) else show(counted)


class _Placed(NamedTuple):
    """What the words of the placements hold; `largest` in steps."""

    rows: int
    positives: int
    largest: int
    label_rate: float
    area: float


@lru_cache(maxsize=1024)  # a model serves in more than one release
def _placed(rows_base64: str, steps: int) -> _Placed:
    """The area is the mean placement: that of either class is, so that of all rows is, too."""
    found = words(rows_base64)
    positives = sum(map(LABEL.__le__, found))
    largest = max(map((LABEL - 1).__and__, found), default=0)
    rows = len(found) or 1
    area = (sum(found) - positives * LABEL) / rows / steps
    return _Placed(len(found), positives, largest, round(positives / rows, 6), round(area, 6))
