"""Agreement, flips and selection by group of the audit columns; and whether a change falls on one group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from releasectl.compare import resample
from releasectl.compare.proportions import wilson
from releasectl.compare.samples import Sample
from releasectl.compare.values import Estimate, Group
from releasectl.model import Missing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_VALUES = 50  # a column with more is a measure, not a trait

Flips = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """How differently the selection rate of the groups of one column changed, from model to candidate."""

    column: str
    estimate: Estimate
    rose_most: str
    rose_least: str

    @property
    def groups(self) -> str:
        """The two groups between which the change differs most, for a title; nothing if none does."""
        return f": {self.rose_most} against {self.rose_least}" if self.estimate.value else ""


def columns(found: Sample) -> dict[str, tuple[NDArray[np.str_], NDArray[np.str_]]]:
    """The group of each row of both sides; the rows of a pair are of one person."""
    sides = [side.groups for side in found.rows]
    names = sorted({*sides[0], *sides[1]} if found.paired else sides[0].keys() & sides[1].keys())
    if found.paired:
        return {name: (sides[0].get(name, sides[1].get(name)),) * 2 for name in names}  # type: ignore[misc]
    return {name: (sides[0][name], sides[1][name]) for name in names}


def groups(found: Sample, classes: int, confidence: float) -> tuple[Group, ...]:
    """Every group of every trait; `classes` is how many classes the model has, the last of which selects."""
    return tuple(
        group(found, column, value, sides, classes, confidence)
        for column, sides in columns(found).items()
        for value in known(sides)
    )


def known(sides: tuple[NDArray[np.str_], NDArray[np.str_]]) -> list[str]:
    """The values of a column, sorted; none at all if there are too many for it to be a trait."""
    found = sorted({str(value) for side in sides for value in side if value})
    return found if len(found) <= MOST_VALUES else []


def group(
    found: Sample,
    column: str,
    value: str,
    sides: tuple[NDArray[np.str_], NDArray[np.str_]],
    classes: int,
    confidence: float,
) -> Group:
    """One value of one column; `sides` has the column's value for each row of model and candidate."""
    stable, candidate = (side.classes[names == value] for side, names in zip(found.rows, sides, strict=True))
    rates = [
        float((side == classes - 1).mean()) if len(side) else Missing(f"nobody of {column} {value}")
        for side in (stable, candidate)
    ]
    agreed: Estimate | Missing = Missing("there are no pairs")
    matrix: Flips = ()
    if found.paired:
        agreed = wilson(float((stable == candidate).mean()), len(stable), confidence)
        matrix = flips(stable, candidate, classes)
    return Group(column, value, len(stable), len(candidate), agreed, matrix, rates[0], rates[1])


def flips(stable: NDArray[np.int64], candidate: NDArray[np.int64], classes: int) -> Flips:
    """Counts: a line for each class of the model, a column for each class of the candidate."""
    import numpy as np

    counts = np.bincount(stable * classes + candidate, minlength=classes**2).reshape(classes, classes)
    return tuple(tuple(int(count) for count in line) for line in counts)


def shifts(found: Sample, classes: int, size: int, confidence: float) -> Iterator[Shift]:
    """One for each column with at least two groups of `size` rows."""
    for column, sides in columns(found).items():
        large = [name for name in known(sides) if min(int((side == name).sum()) for side in sides) >= size]
        if len(large) > 1:
            yield shift(found, column, sides, large, classes, confidence)


def shift(
    found: Sample,
    column: str,
    sides: tuple[NDArray[np.str_], NDArray[np.str_]],
    names: list[str],
    classes: int,
    confidence: float,
) -> Shift:
    """The greatest change less the smallest one; all groups alike is 0."""
    import numpy as np

    cells = []
    for side, values in zip(found.rows, sides, strict=True):
        kept = np.isin(values, names)
        place = np.searchsorted(names, values[kept])
        cells.append((place, (side.classes[kept] == classes - 1).astype(np.int64)))
    changes = change(cells, len(names), paired=found.paired)
    value = float(changes[0].max() - changes[0].min())
    drawn = changes[1].max(axis=1) - changes[1].min(axis=1)
    n = min(len(place) for place, _ in cells)
    estimate = resample.basic(value, drawn, confidence, n)
    return Shift(column, estimate, names[int(changes[0].argmax())], names[int(changes[0].argmin())])


def change(
    cells: list[tuple[NDArray[np.int64], NDArray[np.int64]]], count: int, *, paired: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The change of each group's selection rate: as it is, and in each round of a bootstrap."""
    import numpy as np

    random = resample.rng()
    if paired:
        (place, stable), (_, candidate) = cells
        table = np.bincount(place * 4 + stable * 2 + candidate, minlength=4 * count)
        moved = np.array([0, 1, -1, 0])  # neither, candidate only, model only, both
        drawn = resample.redraw(table, int(table.sum()), random)
        whole = [each.reshape(-1, count, 4) for each in (table, drawn)]
        found = [(each @ moved) / np.maximum(each.sum(axis=2), 1) for each in whole]
        return found[0][0], found[1]
    rates = []
    for place, selected in cells:
        table = np.bincount(place * 2 + selected, minlength=2 * count)
        drawn = resample.redraw(table, int(table.sum()), random)
        whole = [each.reshape(-1, count, 2) for each in (table, drawn)]
        rates.append([each[..., 1] / np.maximum(each.sum(axis=2), 1) for each in whole])
    return rates[1][0][0] - rates[0][0][0], rates[1][1] - rates[0][1]
