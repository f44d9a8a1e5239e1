"""Read a dataset and refuse, with the line and a remedy, what could only train a wrong model."""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainers.common.columns import AUDITED, BY_NAME, CLASSES, COLUMNS, LABEL, MISSING, TRAINING
from trainers.common.errors import InvalidData, Problem

LARGEST = float(np.finfo(np.float32).max)  # scikit-learn counts in 32 bits
Lines = list[tuple[int, list[str]]]  # (line of the file, cells)


@dataclass(frozen=True, slots=True)
class Table:
    """A dataset: numbers as floats, categories as text, labels as 0 and 1; `names` lack the label."""

    path: Path
    names: tuple[str, ...]
    columns: dict[str, NDArray[np.generic]]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


def read_training(path: Path) -> Table:
    """The seven features must be there, sensitive traits may be, anything else is refused."""
    return read(path, required=TRAINING)


def read_holdout(path: Path) -> Table:
    """Features, label and every audit column."""
    return read(path, required=AUDITED)


def read(path: Path, *, required: Sequence[str]) -> Table:
    header, lines = cells(path)
    if problems := tuple(header_problems(path, header, required)):
        raise InvalidData(*problems)
    if not lines:
        raise InvalidData.at(f"{path}:1", "there is a header and no row", "push a dataset that has rows")
    if problems := tuple(ragged(path, header, lines)):
        raise InvalidData(*problems)
    at = {name: index for index, name in enumerate(header)}
    if problems := tuple(cell_problems(path, at, lines)):
        raise InvalidData(*problems)
    labels = np.array([CLASSES.index(row[at[LABEL]]) for _, row in lines], dtype=np.int64)
    if len(set(labels.tolist())) < 2:
        only = CLASSES[int(labels[0])]
        what = f"all {len(labels):,} rows have {LABEL} '{only}'"
        raise InvalidData.at(f"{path}:1", what, f"give rows of both classes, {' and '.join(CLASSES)}")
    names = tuple(column.name for column in COLUMNS if column.name in at and column.name != LABEL)
    columns = {name: values(name, [row[at[name]] for _, row in lines]) for name in names}
    return Table(path, names, columns, labels)


def values(name: str, raw: list[str]) -> NDArray[np.generic]:
    if BY_NAME[name].numeric:
        return np.array([float(value) for value in raw])
    return np.array([value or MISSING for value in raw])


def cells(path: Path) -> tuple[list[str], Lines]:
    """(header, rows), every cell stripped; the census itself is published with a space after each comma."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except FileNotFoundError as error:
        raise InvalidData.at(f"{path}:1", "there is no such file", f"push it as /{path.name}") from error
    except UnicodeDecodeError as error:
        raise InvalidData.at(f"{path}:1", f"not UTF-8: {error}", "save the file as CSV, UTF-8") from error
    except csv.Error as error:
        where = f"{path}:{reader.line_num}"
        raise InvalidData.at(where, f"not CSV: {error}", "quote the cell properly") from error
    except OSError as error:
        raise InvalidData.at(f"{path}:1", str(error.strerror), "push a file that can be read") from error
    if not lines:
        raise InvalidData.at(f"{path}:1", "the file is empty", "push a CSV file with a header and rows")
    return lines[0][1], lines[1:]


def header_problems(path: Path, header: list[str], required: Sequence[str]) -> Iterator[Problem]:
    where = f"{path}:1"
    if len(header) == 1 and ";" in header[0]:
        yield Problem(where, "the columns are separated by ';'", "separate them by commas")
        return
    unknown = [name for name in header if name not in BY_NAME]
    for name in required:
        if name not in header:
            near = difflib.get_close_matches(name, unknown, n=1)
            remedy = f"rename '{near[0]}' to it" if near else f"the file needs {', '.join(required)}"
            unknown = [other for other in unknown if other not in near]
            yield Problem(where, f"column '{name}' is missing", remedy)
    for name in unknown:
        remedy = "drop it, or declare its type in trainers/common/columns.py"
        yield Problem(where, f"unknown column '{name}'", remedy)
    for name in sorted({name for name in header if header.count(name) > 1}, key=header.index):
        yield Problem(where, f"column '{name}' appears {header.count(name)} times", "keep one of them")
    for column in COLUMNS:
        if column.role == "refused" and column.name in header:
            yield Problem(where, f"column '{column.name}' may not train: {column.why}", "drop it")


def ragged(path: Path, header: list[str], lines: Lines) -> Iterator[Problem]:
    bad = [(line, row) for line, row in lines if len(row) != len(header)]
    if bad:
        line, row = bad[0]
        what = f"{len(row)} cells where the header has {len(header)}{more(bad)}"
        yield Problem(f"{path}:{line}", what, "give every row one cell per column")


def cell_problems(path: Path, at: dict[str, int], lines: Lines) -> Iterator[Problem]:
    """The first bad cell of each column, and how many more there are."""
    for name, index in at.items():
        if name == LABEL:
            bad = [(line, row[index]) for line, row in lines if row[index] not in CLASSES]
            wanted = f"write {' or '.join(CLASSES)}"
        elif BY_NAME[name].numeric:
            bad = [(line, row[index]) for line, row in lines if unlike_number(row[index])]
            wanted = unlike_number(bad[0][1]) if bad else ""
        else:
            continue
        if bad:
            line, value = bad[0]
            what = f"'{value}' in column '{name}'{more(bad)}"
            yield Problem(f"{path}:{line}", what, wanted)


def unlike_number(text: str) -> str:
    """What to do about a cell that is no number to train with; empty if it is one."""
    try:
        # Python also reads 1_000 and the digits of every alphabet; who else reads the file does not.
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if math.isnan(number) or text.strip("+-").lower().startswith("inf"):
        return "write a number; a row without one cannot train"
    return "" if abs(number) <= LARGEST else f"write a number below {LARGEST:.1e}"


def more(bad: Sequence[object]) -> str:
    others = len(bad) - 1
    return f" (and {others:,} more row{'s' if others > 1 else ''})" if others else ""
