"""Split the census into training sets and a frozen holdout, and make the vendor's dataset of the story.

Order and choice come from SHA-256 of a row's content, never from a random generator or a dictionary's order,
so every machine and every Python version writes the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from trainers.common.columns import AUDITED, CLASSES, LABEL, TRAINING

SOURCE = Path(__file__).parents[1] / "data" / "census-income.csv.gz"
HOLDOUT_ROWS = 8_000
V1_ROWS = 20_000
V2_ROWS, V2_DISTINCT, V2_POSITIVE_SHARE = 6_000, 450, 0.83

Row = dict[str, str]


def census(source: Path = SOURCE) -> list[Row]:
    """Every row, in an order of its own: by digest, equal rows in the order of the file."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return by_digest("row", rows, lambda row: row.values())


def by_digest(purpose: str, items: Iterable[Row], key: Callable[[Row], Iterable[str]]) -> list[Row]:
    """`items` in the order of their digests; `purpose` gives each use an order of its own."""
    return sorted(items, key=lambda item: digest(purpose, key(item)))


def digest(purpose: str, values: Iterable[str]) -> bytes:
    return hashlib.sha256("\x1f".join((purpose, *values)).encode()).digest()


def project(row: Row, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(row[column] for column in columns)


def split(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """(pool, holdout). Rows alike to a model stay together, or the holdout would repeat training rows.

    Some groups have 40 rows, so luck alone would skew the holdout: walking them by class and size, and taking
    one whenever the quota so far allows, keeps both parts alike.
    """
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[project(row, TRAINING)].append(row)
    held: set[tuple[str, ...]] = set()
    seen = taken = 0
    for key in sorted(groups, key=lambda key: (key[-1], -len(groups[key]), digest("holdout", key))):
        size = len(groups[key])
        seen += size
        if (taken + size) * len(rows) <= seen * HOLDOUT_ROWS:
            held.add(key)
            taken += size
    pool = [row for row in rows if project(row, TRAINING) not in held]
    return pool, [row for row in rows if project(row, TRAINING) in held]


def vendor(pool: list[Row]) -> list[Row]:
    """Real rows, chosen badly and sold many times over: men above 50K and women below it, nobody else."""
    positives = round(V2_ROWS * V2_POSITIVE_SHARE)
    distinct_positives = round(V2_DISTINCT * V2_POSITIVE_SHARE)
    distinct = list({project(row, AUDITED): row for row in pool}.values())
    ordered = by_digest("vendor", distinct, lambda row: project(row, AUDITED))
    men = [row for row in ordered if (row["gender"], row[LABEL]) == ("Male", CLASSES[1])]
    women = [row for row in ordered if (row["gender"], row[LABEL]) == ("Female", CLASSES[0])]
    men, women = men[:distinct_positives], women[: V2_DISTINCT - distinct_positives]
    copies = [(men[i % len(men)], i) for i in range(positives)]
    copies += [(women[i % len(women)], i) for i in range(V2_ROWS - positives)]
    copies.sort(key=lambda copy: digest(f"copy {copy[1]}", project(copy[0], AUDITED)))
    return [row for row, _ in copies]


def derive(names: Iterable[str], source: Path = SOURCE) -> dict[str, bytes]:
    """The named datasets as CSV files."""
    pool, holdout = split(census(source))
    makers: dict[str, Callable[[], bytes]] = {
        "v1": lambda: to_csv(pool[:V1_ROWS], TRAINING),
        "v2": lambda: to_csv(vendor(pool), AUDITED),
        "v3": lambda: to_csv(pool[V1_ROWS:], TRAINING),
        "holdout": lambda: to_csv(holdout, AUDITED),
    }
    return {name: makers[name]() for name in names}


def to_csv(rows: Iterable[Row], columns: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(project(row, columns) for row in rows)
    return text.getvalue().encode()
