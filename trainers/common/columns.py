"""The columns a dataset may have: the one table that datasets, trainers and evidence agree on.

Standard library only, because `trainers.datasets` also runs where no machine-learning package is installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["feature", "sensitive", "label", "refused"]

MISSING = "?"  # how the census writes "not stated"; a category of its own for the model


@dataclass(frozen=True, slots=True)
class Column:
    """A column by name. `edges` are histogram bins that never move, so that two profiles can be compared."""

    name: str
    role: Role
    edges: tuple[float, ...] = ()
    why: str = ""

    @property
    def numeric(self) -> bool:
        return bool(self.edges)


LABEL = "income"
CLASSES = ("<=50K", ">50K")

# In the order of the source file; `refused` columns are known, and the reason is told to whoever sends them.
COLUMNS = (
    Column("age", "feature", edges=(20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75)),
    Column("workclass", "feature"),
    Column("fnlwgt", "refused", why="it is the survey's weight and says nothing of the applicant"),
    Column("education", "feature"),
    Column("educational-num", "refused", why="it repeats `education` as a number"),
    Column("marital-status", "sensitive"),
    Column("occupation", "feature"),
    Column("relationship", "sensitive"),
    Column("race", "sensitive"),
    Column("gender", "sensitive"),
    Column("capital-gain", "feature", edges=(1, 2000, 4000, 6000, 8000, 12000, 20000, 50000)),
    Column("capital-loss", "feature", edges=(1, 1000, 1500, 1750, 2000, 2250, 2500, 3000)),
    Column("hours-per-week", "feature", edges=(10, 20, 30, 35, 40, 41, 46, 51, 61, 71)),
    Column("native-country", "sensitive"),
    Column("income", "label"),
)
BY_NAME = {column.name: column for column in COLUMNS}

FEATURES = tuple(column.name for column in COLUMNS if column.role == "feature")
SENSITIVE = tuple(column.name for column in COLUMNS if column.role == "sensitive")
TRAINING = (*FEATURES, LABEL)
AUDITED = tuple(column.name for column in COLUMNS if column.role != "refused")  # the holdout's header
