"""Conditional and partial reads: If-Match and its kin, and Range, as RFC 9110 orders them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from releasectl.sandbox.s3.errors import S3Error

RANGE = re.compile(r"bytes=\s*(\d*)-(\d*)\s*", re.ASCII)


class Span(NamedTuple):
    """Bytes `first` to `last`, both included."""

    first: int
    last: int


def unchanged(headers: Mapping[str, str], etag: str, modified: datetime) -> bool:
    """Whether the client already holds this content (304); raises S3Error when its precondition fails."""
    if "if-match" in headers:
        if not listed(headers["if-match"], etag):
            raise failed("If-Match")
    elif later(modified, headers.get("if-unmodified-since")) is True:
        raise failed("If-Unmodified-Since")
    if "if-none-match" in headers:
        return listed(headers["if-none-match"], etag)
    return later(modified, headers.get("if-modified-since")) is False


def span(headers: Mapping[str, str], size: int, etag: str, modified: datetime) -> Span | None:
    """The part that is asked for, or None for the whole; raises S3Error when there is no such part."""
    match = RANGE.fullmatch(headers.get("range", ""))
    if match is None or match.groups() == ("", "") or not still_valid(headers, etag, modified):
        return None  # several ranges at once, other units and nonsense may be ignored: S3 does
    first, last = match.groups()
    if not first:
        found = Span(max(size - int(last), 0), size - 1)
    else:
        found = Span(int(first), min(int(last or size), size - 1))
        if last and int(last) < int(first):
            return None
    if found.first >= size:
        raise S3Error(
            "InvalidRange", "The requested range is not satisfiable", {"Content-Range": f"bytes */{size}"}
        )
    return found


def still_valid(headers: Mapping[str, str], etag: str, modified: datetime) -> bool:
    """If-Range: a part is only wanted of the content that the client knows."""
    condition = headers.get("if-range")
    if condition is None:
        return True
    return condition == etag if condition.startswith('"') else later(modified, condition) is False


def listed(header: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag in tags or etag.strip('"') in tags


def later(modified: datetime, date: str | None) -> bool | None:
    """Whether `modified` lies after an HTTP date; None when there is no date, or not a valid one."""
    try:
        return None if date is None else modified.replace(microsecond=0) > parse_date(date)
    except ValueError:
        return None


def parse_date(date: str) -> datetime:
    parsed = parsedate_to_datetime(date)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed


def failed(condition: str) -> S3Error:
    return S3Error("PreconditionFailed", f"At least one of the preconditions does not hold: {condition}.")
