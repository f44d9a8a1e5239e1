"""Pages of a listing against the definition written out: group, sort, cut."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from releasectl.sandbox.pachd.reader import Entry
from releasectl.sandbox.s3.listing import page

KEY = st.text("ab/.", min_size=1, max_size=6)


def entries(keys: set[str], prefix: str = "") -> list[Entry]:
    rows = [Entry(f"/{key}", 1, "00", datetime.now(UTC)) for key in keys if key.startswith(prefix)]
    return sorted(rows, key=lambda entry: entry.path)


def rows(keys: set[str], prefix: str, delimiter: str) -> list[str]:
    """Every row of the unlimited listing, by brute force."""
    found = set()
    for key in keys:
        if key.startswith(prefix):
            rest = key.removeprefix(prefix)
            folder = rest.partition(delimiter)[0] if delimiter and delimiter in rest else None
            found.add(key if folder is None else f"{prefix}{folder}{delimiter}")
    return sorted(found)


@given(keys=st.sets(KEY), prefix=st.text("ab/", max_size=2), delimiter=st.sampled_from(["", "/"]))
def test_one_page_holds_everything(keys, prefix, delimiter):
    found = page(entries(keys, prefix), prefix=prefix, delimiter=delimiter, after="", limit=1000)
    assert [item.key for item in found.items] == rows(keys, prefix, delimiter)
    assert not found.truncated


@given(
    keys=st.sets(KEY),
    prefix=st.text("ab/", max_size=2),
    delimiter=st.sampled_from(["", "/"]),
    after=st.text("ab/.", max_size=4),
    limit=st.integers(1, 4),
)
def test_pages_follow_each_other(keys, prefix, delimiter, after, limit):
    expected = [row for row in rows(keys, prefix, delimiter) if row > after]
    found: list[str] = []
    truncated = True
    while truncated:
        step = page(entries(keys, prefix), prefix=prefix, delimiter=delimiter, after=after, limit=limit)
        found += [item.key for item in step.items]
        truncated, after = step.truncated, step.last
        assert not truncated or len(step.items) == limit
    assert found == expected


def test_a_page_of_nothing_ends_the_listing():
    nothing = page(entries({"a"}), prefix="", delimiter="", after="", limit=0)
    assert (nothing.items, nothing.truncated) == ((), False)
