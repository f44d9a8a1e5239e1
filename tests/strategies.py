"""Hypothesis strategies for the values of the flow, shared by all property tests."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from releasectl import lock as locks
from releasectl.model import Lock, PipelineVersion, ServedFile, Upstream
from tests.builder import FEATURES

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NUMBERS = st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
HEX_LIKE = st.text("0123456789abcdef.E+-", min_size=1, max_size=32)  # texts that could pass for numbers
WORDS = st.sampled_from(
    ["on", "no", "y", "null", "~", "", "2024-01-31", "0o17", "0x1f", "1_000", ".5", "- a", "a: b"]
)

json_values = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT | HEX_LIKE | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | WORDS, inner, max_size=4),
    max_leaves=15,
)
json_objects = st.dictionaries(TEXT, json_values, max_size=5)

commits = st.uuids(version=4).map(lambda value: value.hex)
LETTERS, DIGITS = string.ascii_lowercase, string.digits


def labels(longest: int) -> st.SearchStrategy[str]:
    """[a-z][a-z0-9-]*[a-z0-9]: from texts, which are drawn several times as fast as expressions."""
    inside = st.text(f"{LETTERS}{DIGITS}-", max_size=longest - 2)
    return st.builds("".join, st.tuples(st.sampled_from(LETTERS), inside, st.sampled_from(LETTERS + DIGITS)))


names = labels(22)
versions = st.builds(PipelineVersion, names, st.integers(1, 99), TEXT)
upstreams = st.builds(Upstream, names, names, commits, st.none() | versions)
files = st.builds(
    ServedFile,
    st.text(f"{string.ascii_letters}{DIGITS}_./-", min_size=1, max_size=30).map("/income/{}".format),
    st.integers(0, 10**15),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
)


def locks_of(evidence: st.SearchStrategy[dict[str, object]] = json_objects) -> st.SearchStrategy[Lock]:
    """Locks as `lock.build` makes them."""
    return st.builds(
        locks.build,
        commit=commits,
        repo=names,
        branch=names,
        path=st.just("/income"),
        lineage=st.lists(upstreams, min_size=1, max_size=4).map(tuple),
        files=st.lists(files, min_size=1, max_size=4, unique_by=lambda file: file.path).map(tuple),
        features=st.just(FEATURES),
        evidence=evidence,
    )
