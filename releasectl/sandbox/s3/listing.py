"""One page of a bucket's keys: prefix, delimiter, marker and limit, as ListObjects means them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from releasectl.sandbox.pachd.reader import Entry


class Item(NamedTuple):
    """One row of a page: a key with its file, or a common prefix without one."""

    key: str
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order; `truncated` says that more follow after the last one."""

    items: tuple[Item, ...]
    truncated: bool

    @property
    def last(self) -> str:
        return self.items[-1].key if self.items else ""


def page(entries: Sequence[Entry], *, prefix: str, delimiter: str, after: str, limit: int) -> Page:
    """The first `limit` rows behind `after` of sorted `entries`, all of which start with `prefix`.

    A common prefix is one row, and it is behind `after` only if it is itself, not if its keys are.
    """
    if limit == 0:
        return Page((), truncated=False)
    items: list[Item] = []
    position = bisect_right(entries, f"/{after}", key=lambda entry: entry.path) if after else 0
    while position < len(entries):
        key = entries[position].path.removeprefix("/")
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        item = Item(key, entries[position]) if cut < 0 else Item(key[: cut + len(delimiter)], None)
        if item.key > after:
            if len(items) == limit:
                return Page(tuple(items), truncated=True)
            items.append(item)
        position = position + 1 if item.entry else end_of(entries, item.key, position)
    return Page(tuple(items), truncated=False)


def end_of(entries: Sequence[Entry], group: str, start: int) -> int:
    """The position behind all keys that start with `group`."""
    return bisect_right(entries, f"/{group}", lo=start, key=lambda entry: entry.path[: len(group) + 1])
