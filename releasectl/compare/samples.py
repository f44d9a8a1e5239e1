"""The calls of both sides as columns: pairs row by row for a shadow, two independent samples otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from releasectl import requestlog
from releasectl.compare.values import PAIRED, Context
from releasectl.model import CommitId, Missing
from releasectl.requestlog import Call, Pairing, Side

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")
NOT_LOGGED = -1


@dataclass(frozen=True, slots=True)
class Log:
    """What is known of both sides."""

    stable: Side
    candidate: Side


@dataclass(frozen=True, slots=True)
class Rows:
    """The decisions of one side. A score is NaN, an input NOT_LOGGED, a group "" where it is not known."""

    classes: NDArray[np.int64]
    scores: NDArray[np.float64]
    inputs: NDArray[np.int64]
    labels: NDArray[np.int64]
    groups: Mapping[str, NDArray[np.str_]]

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True, slots=True)
class Sample:
    """`calls` are those that count, of the model in question. If `paired`, the calls of a pair and their rows
    have the same index on both sides, and rows are there only where both sides answered.
    """

    paired: bool
    calls: tuple[tuple[Call, ...], tuple[Call, ...]]
    rows: tuple[Rows, Rows]
    other_models: tuple[int, int]
    pairing: Pairing | Missing


@dataclass(frozen=True, slots=True)
class Values:
    """What is compared, by row. `distinct` is the evidence: the same row again tells nothing new."""

    of: str
    stable: NDArray[np.float64]
    candidate: NDArray[np.float64]
    distinct: tuple[int, int]
    paired: bool


def sample(log: Log, context: Context) -> Sample:
    """The calls that count, and their rows: in pairs if the strategy copies requests, else side by side."""
    stable, others_stable = of_model(log.stable.calls, context.stable)
    candidate, others_candidate = of_model(log.candidate.calls, context.candidate)
    others = len(others_stable), len(others_candidate)
    if context.strategy not in PAIRED:
        rows = rows_of(answered(stable)), rows_of(answered(candidate))
        reason = f"{context.strategy} sends a request to one model only: there are no pairs"
        return Sample(False, (stable, candidate), rows, others, Missing(reason))
    found = requestlog.pairing(Side(stable), Side(candidate))
    both = tuple(zip(*found.pairs, strict=True)) or ((), ())
    good = [pair for pair in found.pairs if not pair[0].error and not pair[1].error]
    rows = rows_of([one for one, _ in good]), rows_of([other for _, other in good])
    return Sample(True, (both[0], both[1]), rows, others, found)


def of_model(calls: Iterable[Call], commit: CommitId) -> tuple[tuple[Call, ...], tuple[Call, ...]]:
    """(calls that `commit` answered, calls that another did). One that does not say it is taken for its."""
    its, others = list[Call](), list[Call]()
    for call in calls:
        (its if isinstance(call.version, Missing) or call.version == commit else others).append(call)
    return tuple(its), tuple(others)


def answered(calls: Iterable[Call]) -> list[Call]:
    """Those that did not fail."""
    return [call for call in calls if not call.error]


def rows_of(calls: Sequence[Call]) -> Rows:
    """The rows of all `calls`, one after the other; every array has their total number as its length."""
    import numpy as np

    sizes = [len(call.classes) for call in calls]
    columns = sorted({column for call in calls for column in call.groups})
    return Rows(
        classes=np.array([value for call in calls for value in call.classes], dtype=np.int64),
        scores=np.array(padded([call.scores for call in calls], sizes, float("nan")), dtype=np.float64),
        inputs=np.array(padded([call.inputs for call in calls], sizes, NOT_LOGGED), dtype=np.int64),
        labels=np.array(
            padded([call.labels for call in calls], sizes, requestlog.UNKNOWN), dtype=np.int64
        ),
        groups={
            name: np.array(padded([call.groups.get(name, ()) for call in calls], sizes, ""), dtype=np.str_)
            for name in columns
        },
    )  # fmt: skip


def padded(parts: Sequence[Sequence[T]], sizes: Sequence[int], unknown: T) -> list[T]:
    """What calls say of their rows, one after the other; `unknown` for every row of a call that does not."""
    whole: list[T] = []
    for part, size in zip(parts, sizes, strict=True):
        whole.extend(part if len(part) == size else [unknown] * size)
    return whole


def distinct(inputs: NDArray[np.int64]) -> int:
    """Rows whose input is not logged count each."""
    import numpy as np

    known = inputs[inputs != NOT_LOGGED]
    return len(np.unique(known)) + len(inputs) - len(known)


def values(found: Sample) -> Values | Missing:
    """Scores where both sides have any; classes in their place otherwise, whose KS D is the greatest
    difference between shares.
    """
    import numpy as np

    stable, candidate = found.rows
    if not len(stable) or not len(candidate):
        which = "model" if not len(stable) else "candidate"
        return Missing(
            "no pair has been answered yet" if found.paired else f"the {which} has answered nothing yet"
        )
    masks = np.isfinite(stable.scores), np.isfinite(candidate.scores)
    if found.paired:
        masks = (masks[0] & masks[1],) * 2
    if masks[0].any() and masks[1].any():
        sizes = distinct(stable.inputs[masks[0]]), distinct(candidate.inputs[masks[1]])
        return Values("scores", stable.scores[masks[0]], candidate.scores[masks[1]], sizes, found.paired)
    sizes = distinct(stable.inputs), distinct(candidate.inputs)
    columns = stable.classes.astype(np.float64), candidate.classes.astype(np.float64)
    return Values("classes", *columns, sizes, found.paired)
