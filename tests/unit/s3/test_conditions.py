"""Ranges and preconditions, in the order that RFC 9110 (13.2.2) gives them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releasectl.sandbox.s3.conditions import Span, span, unchanged
from releasectl.sandbox.s3.errors import S3Error

ETAG = '"abc"'
MODIFIED = datetime(2024, 5, 6, 7, 8, 9, 500_000, UTC)
EARLIER, SAME = "Mon, 06 May 2024 07:08:08 GMT", "Mon, 06 May 2024 07:08:09 GMT"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"if-none-match": ETAG}, True),
        ({"if-none-match": 'W/"abc"'}, True),
        ({"if-none-match": '"x", "abc"'}, True),
        ({"if-none-match": "*"}, True),
        ({"if-none-match": '"x"'}, False),
        ({"if-modified-since": SAME}, True),
        ({"if-modified-since": EARLIER}, False),
        ({"if-modified-since": "yesterday"}, False),
        ({"if-none-match": '"x"', "if-modified-since": SAME}, False),
        ({"if-match": ETAG, "if-unmodified-since": EARLIER}, False),
        ({"if-match": "abc"}, False),
        ({"if-unmodified-since": SAME}, False),
        ({"if-unmodified-since": "yesterday"}, False),
    ],
)
def test_what_the_client_holds_already(headers, expected):
    assert unchanged(headers, ETAG, MODIFIED) is expected


@pytest.mark.parametrize("headers", [{"if-match": '"x"'}, {"if-unmodified-since": EARLIER}])
def test_a_precondition_that_fails(headers):
    with pytest.raises(S3Error, match="PreconditionFailed"):
        unchanged(headers, ETAG, MODIFIED)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [(ETAG, Span(1, 2)), ('"x"', None), (SAME, Span(1, 2)), (EARLIER, None), ("yesterday", None)],
)
def test_if_range(condition, expected):
    assert span({"range": "bytes=1-2", "if-range": condition}, 9, ETAG, MODIFIED) == expected


@given(size=st.integers(0, 20), first=st.integers(0, 25), length=st.integers(0, 25))
def test_a_span_is_what_slicing_gives(size, first, length):
    content = bytes(range(size))
    wanted = content[first : first + length + 1]
    header = {"range": f"bytes={first}-{first + length}"}
    if not wanted:
        with pytest.raises(S3Error, match="InvalidRange"):
            span(header, size, ETAG, MODIFIED)
    else:
        found = span(header, size, ETAG, MODIFIED)
        assert content[found.first : found.last + 1] == wanted


@given(size=st.integers(1, 20), length=st.integers(1, 25))
def test_a_suffix_is_what_slicing_gives(size, length):
    content = bytes(range(size))
    found = span({"range": f"bytes=-{length}"}, size, ETAG, MODIFIED)
    assert content[found.first : found.last + 1] == content[-length:]
