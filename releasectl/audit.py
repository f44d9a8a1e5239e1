"""Rows of a holdout by the name that replayed requests give it, read from Pachyderm when first asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from releasectl.model import Json, Missing
from releasectl.ports import VersionedData


@dataclass(frozen=True, slots=True)
class Holdouts(Mapping[str, Sequence[Mapping[str, str]]]):
    """`<repo>@<commit>:/<path>` -> rows with the audit columns and the label: what the model does not see.

    A source that cannot be read is a KeyError, as of any mapping: the request's rows then have no groups.
    """

    data: VersionedData
    features: Json
    _read: dict[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)

    def __getitem__(self, source: str) -> Sequence[Mapping[str, str]]:
        if source not in self._read:
            self._read[source] = self._rows(source)
        return self._read[source]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)

    def _rows(self, source: str) -> Sequence[Mapping[str, str]]:
        where, _, path = source.partition(":")
        repo, _, commit = where.partition("@")
        content = self.data.read(repo, commit, path)
        if isinstance(content, Missing):
            raise KeyError(source)
        seen = {feature["name"] for feature in self.features["features"]}
        rows = csv.DictReader(io.StringIO(content.decode()))
        return [{name: value for name, value in row.items() if name not in seen} for row in rows]
